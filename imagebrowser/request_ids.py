"""A name for each request: in its answer, in all that it logs, on the page that says something broke."""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from imagebrowser.logs import request_id

HEADER = "X-Request-Id"
SLOW_SECONDS = 1.0
QUIET_METHODS = ("GET", "HEAD", "OPTIONS")

logger = logging.getLogger("imagebrowser.requests")


class RequestIdMiddleware:
    """Names the request, and logs how it was answered.

    What changes something, fails or is slow is logged as INFO, the rest as
    DEBUG. The name is never the client's: a log must not hold what a stranger chose.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.id = secrets.token_hex(8)  # type: ignore[attr-defined]
        token = request_id.set(request.id)  # type: ignore[attr-defined]
        start = time.monotonic()
        try:
            response = self.get_response(request)
            self._log(request, response.status_code, time.monotonic() - start)
        finally:
            request_id.reset(token)
        response.headers[HEADER] = request.id  # type: ignore[attr-defined]
        return response

    def _log(self, request: HttpRequest, status: int, seconds: float) -> None:
        """The path without its query, which may hold what somebody searched for."""
        is_quiet = request.method in QUIET_METHODS and status < 400 and seconds < SLOW_SECONDS
        fields = {
            "method": request.method,
            "path": request.path,
            "status": status,
            "milliseconds": round(1000 * seconds),
        }
        message = "%(method)s %(path)s %(status)s %(milliseconds)d ms"
        logger.log(logging.DEBUG if is_quiet else logging.INFO, message, fields, extra=fields)
