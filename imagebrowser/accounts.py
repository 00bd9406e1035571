"""Who sends a request: a person who has logged in, or a program with a token of theirs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from imagebrowser.logs import request_id
from layers.models import User
from layers.models.acting import Acting, acts
from layers.operations.tokens import user_of_token

SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS", "TRACE")
BEARER: Final = "Bearer "


class AccountsMiddleware:
    """Answers only those who are known, and lets them act; without accounts, everybody.

    A token counts instead of a session, never beside it: a request that carries
    one was made by no page, so no forged form can use it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.ACCOUNTS:
            return self.get_response(request)
        header = request.headers.get("Authorization", "")
        user = user_of_token(header.removeprefix(BEARER)) if header else session_user(request)
        if user is None and not is_open(request):
            return refuse(request, is_program=bool(header))
        if header:
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        request.account = user  # type: ignore[attr-defined]
        request.by_token = bool(header)  # type: ignore[attr-defined]
        may_write = request.method not in SAFE_METHODS
        with acts(Acting(user, request.META.get("REMOTE_ADDR", ""), may_write, request_id.get())):
            return self.get_response(request)


def session_user(request: HttpRequest) -> User | None:
    user = request.user
    return user if isinstance(user, User) and user.is_active else None


def is_open(request: HttpRequest) -> bool:
    """What those may ask for who have not logged in."""
    return request.path in (reverse("healthz"), reverse("layers:login"))


def refuse(request: HttpRequest, *, is_program: bool) -> HttpResponseBase:
    """People are sent to the login and back; programs, and parts of a page, are told."""
    wants_page = request.method in SAFE_METHODS and not request.headers.get("HX-Request")
    if wants_page and not is_program:
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('layers:login')}?{query}")
    response = JsonResponse({"error": _("Log in first.")}, status=HTTPStatus.UNAUTHORIZED)
    response["WWW-Authenticate"] = 'Bearer realm="imagebrowser"'
    response["HX-Redirect"] = reverse("layers:login")
    return response
