"""The one rule for answering with a page or with a part of it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseStopPolling
from django_htmx.middleware import HtmxDetails

VARY = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")


class HtmxHttpRequest(HttpRequest):
    """A request that ``HtmxMiddleware`` has seen."""

    htmx: HtmxDetails


def wants_partial(request: HtmxHttpRequest) -> bool:
    """Whether htmx will swap the answer into the page that asked for it.

    Boosted links and history restores also say ``HX-Request: true``, yet both
    show the answer as a whole page.
    """
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HtmxHttpRequest, template: str, *, partial: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """The page, or only ``partial`` when htmx asked for it; caches are told that they differ."""
    name = partial if wants_partial(request) else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, VARY)
    return response


def stop_polling(response: HttpResponse) -> HttpResponse:
    """The same answer with status 286, at which htmx ends an ``every 1s`` trigger."""
    response.status_code = HttpResponseStopPolling.status_code
    return response
