"""What is answered while the disk is full: pages as ever, and one sentence to what it has no room for."""

from collections.abc import Callable
from http import HTTPStatus

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from layers.storage import ease_full_disk, told_trouble


class FullDiskMiddleware:
    """Makes room enough to read and delete; tells of the rest that the disk is full, not that we broke."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        ease_full_disk()
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, (DatabaseError, OSError)):
            return None
        sentence = told_trouble(error)
        if sentence is None:
            return None
        return render(request, "507.html", {"sentence": sentence}, status=HTTPStatus.INSUFFICIENT_STORAGE)
