"""Takes in an archive that is the whole body of a request."""

import logging
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus

from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from layers.oci.limits import MIB
from layers.operations.receive_upload import UploadBroken, receive_upload
from layers.uploads import UploadRefused

logger = logging.getLogger(__name__)

FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")


@require_http_methods(["PUT", "POST"])
def upload(request: HttpRequest) -> JsonResponse:
    """Queues the body, an archive called ``?filename=``; answers ``{"id", "url"}`` or ``{"error"}``."""
    length = request.META.get("CONTENT_LENGTH", "")
    refusal = refuse_foreign(request)
    if refusal is not None:
        return refusal
    try:
        job = receive_upload(
            filename=request.GET.get("filename", ""), total_size=int(length), chunks=body_chunks(request)
        )
    except UploadRefused as refused_upload:
        return refused(refused_upload.status, str(refused_upload))
    except UploadBroken as broken:
        return refused(HTTPStatus.BAD_REQUEST, str(broken))
    receipt = {"id": str(job.pk), "url": reverse("layers:import-detail", args=[job.pk])}
    return JsonResponse(receipt, status=HTTPStatus.CREATED)


def refuse_foreign(request: HttpRequest) -> JsonResponse | None:
    """The answer to what a page elsewhere sends, or a form, or what does not say how long it is."""
    if request.method in ("PUT", "POST", "PATCH") and not request.META.get("CONTENT_LENGTH", "").isdecimal():
        return refused(HTTPStatus.LENGTH_REQUIRED, _("An upload must say its Content-Length."))
    if request.content_type in FORM_TYPES:
        return refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("The body must be the archive, not a form."))
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return refused(HTTPStatus.FORBIDDEN, _("Only pages of this server may upload."))
    return None


def body_chunks(request: HttpRequest) -> Iterator[bytes]:
    """The body, a piece after another. Raises :class:`UploadBroken` where its sender goes away."""
    try:
        yield from iter(partial(request.read, MIB), b"")
    except UnreadablePostError as error:
        raise UploadBroken from error


def refused(status: HTTPStatus, sentence: str, **more: object) -> JsonResponse:
    logger.info("Upload refused: %s", sentence)
    return JsonResponse({"error": sentence, **more}, status=status)
