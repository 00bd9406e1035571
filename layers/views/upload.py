"""Takes in an archive that is the whole body of a request."""

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

FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")


@require_http_methods(["PUT", "POST"])
def upload(request: HttpRequest) -> JsonResponse:
    """Queues the body, an archive called ``?filename=``; answers ``{"id", "url"}`` or ``{"error"}``."""
    length = request.META.get("CONTENT_LENGTH", "")
    if not length.isdecimal():
        return _refusal(HTTPStatus.LENGTH_REQUIRED, _("An upload must say its Content-Length."))
    if request.content_type in FORM_TYPES:
        return _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("The body must be the archive, not a form."))
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return _refusal(HTTPStatus.FORBIDDEN, _("Only pages of this server may upload."))
    try:
        job = receive_upload(
            filename=request.GET.get("filename", ""), total_size=int(length), chunks=_chunks(request)
        )
    except UploadRefused as refusal:
        return _refusal(refusal.status, str(refusal))
    except UploadBroken as broken:
        return _refusal(HTTPStatus.BAD_REQUEST, str(broken))
    receipt = {"id": str(job.pk), "url": reverse("layers:import-detail", args=[job.pk])}
    return JsonResponse(receipt, status=HTTPStatus.CREATED)


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    try:
        yield from iter(partial(request.read, MIB), b"")
    except UnreadablePostError as error:
        raise UploadBroken from error


def _refusal(status: HTTPStatus, sentence: str) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)
