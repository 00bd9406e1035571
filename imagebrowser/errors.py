"""The page that says something broke here, with the name under which the log tells what."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the database: that may be what broke."""
    return render(request, "500.html", status=HTTPStatus.INTERNAL_SERVER_ERROR)
