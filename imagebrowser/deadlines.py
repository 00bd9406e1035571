"""How long a page may take; past that it is given up and says so, and leaves the processor to others."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from layers.oci.errors import LimitExceeded

PAGE_METHODS = ("GET", "HEAD")
"""What only looks: giving it up leaves nothing half-done."""
OPERATIONS_A_LOOK = 100_000
"""Steps of SQLite's machine between two looks at the clock: some milliseconds."""
Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


class PageTooSlow(LimitExceeded):
    """A page took longer than ``page_seconds``."""

    def __init__(self) -> None:
        super().__init__("page_seconds", settings.PAGE_SECONDS, "more")


class Deadline:
    """The end of the time of one page, looked at before each statement and during long ones.

    What a page reads of the library it reads through the database, a few thousand
    rows at a time: so none goes on for long behind its end.
    """

    def __init__(self) -> None:
        self._end = time.monotonic() + settings.PAGE_SECONDS

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self._end

    def __call__(self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """A wrapper round each statement, as Django calls it."""
        if self.is_over:
            raise PageTooSlow
        if connection.vendor == "sqlite":
            connection.connection.set_progress_handler(lambda: self.is_over, OPERATIONS_A_LOOK)
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if self.is_over:
                raise PageTooSlow from error
            raise

    @contextmanager
    def held(self) -> Iterator[None]:
        """While the page is made."""
        try:
            with connection.execute_wrapper(self):
                yield
        finally:
            if connection.vendor == "sqlite" and connection.connection is not None:
                connection.connection.set_progress_handler(None, OPERATIONS_A_LOOK)


class DeadlineMiddleware:
    """Gives up a page that takes too long, and answers 503 with the limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in PAGE_METHODS:
            return self.get_response(request)
        deadline = Deadline()
        request.deadline = deadline  # type: ignore[attr-defined]
        with deadline.held():
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        deadline = getattr(request, "deadline", None)
        is_interrupted = isinstance(error, OperationalError) and deadline is not None and deadline.is_over
        if not (is_interrupted or isinstance(error, PageTooSlow)):
            return None
        context = {"sentence": str(PageTooSlow())}
        return render(request, "503.html", context, status=HTTPStatus.SERVICE_UNAVAILABLE)
