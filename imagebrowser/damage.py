"""What is answered where the blob store has lost what a page is made of: a sentence that names the blob."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.defaults import page_not_found

from layers.queries.files import ContentMissing
from layers.storage import BlobMissing

logger = logging.getLogger(__name__)


class LostBlobMiddleware:
    """404 for a page whose blob is gone: the rest of the library is as it was, and nothing here broke."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, (BlobMissing, ContentMissing)):
            return None
        logger.error("%s “manage.py fsck” tells what needs it", error)
        return page_not_found(request, error)
