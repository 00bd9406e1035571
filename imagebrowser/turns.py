"""How many bodies one person may send at a time: each has a thread of the server for as long as it comes."""

import threading
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from layers.models.acting import acting_user
from layers.oci.errors import LimitExceeded


class TurnsMiddleware:
    """Turns away what one person sends beside so much else of theirs; 503 has a client try again later."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._lock = threading.Lock()
        self._sending: Counter[int] = Counter()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = acting_user()
        if user is None or not getattr(request, "is_streamed", False):
            return self.get_response(request)
        with self._lock:
            if self._sending[user.pk] >= settings.SENDING_AT_ONCE:
                return refusal(self._sending[user.pk])
            self._sending[user.pk] += 1
        try:
            return self.get_response(request)
        finally:
            with self._lock:
                self._sending[user.pk] -= 1


def refusal(found: int) -> JsonResponse:
    sentence = str(LimitExceeded("sending_at_once", settings.SENDING_AT_ONCE, found))
    return JsonResponse({"error": sentence}, status=HTTPStatus.SERVICE_UNAVAILABLE)
