"""Takes in an archive by parts: a cut connection goes on where it ended.

``POST`` opens an upload before a byte is sent; ``PATCH`` with ``Upload-Offset``
appends; ``GET`` tells how much is here; ``DELETE`` gives it up. Every answer is
JSON: ``{"id", "url", "offset", "size", "state"}``, or ``{"error"}`` beside it.
"""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from layers.jobs.queue import cancel
from layers.models import Job
from layers.operations.receive_upload import UploadBroken
from layers.operations.resume_upload import OffsetConflict, open_upload, receive_part
from layers.queries.access import check_change
from layers.uploads import UploadRefused, received_size
from layers.views.upload import body_chunks, refuse_foreign, refused

LONGEST_NUMBER = 18


@require_POST
def upload_create(request: HttpRequest) -> JsonResponse:
    """Opens an upload of ``?size=`` bytes, or takes up the unfinished one of that name and fingerprint."""
    refusal = refuse_foreign(request)
    if refusal is not None:
        return refusal
    size = whole_number(request.GET.get("size", ""))
    fingerprint = request.GET.get("fingerprint", "")
    if size is None or not fingerprint.isalnum() or len(fingerprint) > 64:
        return refused(
            HTTPStatus.BAD_REQUEST, _("An upload in parts must say its size, and a fingerprint of its file.")
        )
    try:
        job = open_upload(filename=request.GET.get("filename", ""), total_size=size, fingerprint=fingerprint)
    except UploadRefused as refused_upload:
        return refused(refused_upload.status, str(refused_upload))
    return told(job, HTTPStatus.OK if received_size(job.pk) else HTTPStatus.CREATED)


@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
def upload_part(request: HttpRequest, job_id: UUID) -> JsonResponse:
    """One upload in parts: how far it is, its next part, or its end."""
    job = get_object_or_404(Job.objects.visible().exclude(fingerprint=""), pk=job_id)
    check_change(job)
    return VERBS[request.method or "GET"](request, job)


def tell(request: HttpRequest, job: Job) -> JsonResponse:
    return told(job)


def patch(request: HttpRequest, job: Job) -> JsonResponse:
    """Appends the body; what has come of one that breaks off is kept."""
    refusal = refuse_foreign(request)
    if refusal is not None:
        return refusal
    offset = whole_number(request.headers.get("Upload-Offset", ""))
    if offset is None:
        return refused(HTTPStatus.BAD_REQUEST, _("A part must say its Upload-Offset."))
    try:
        job = receive_part(job=job, offset=offset, chunks=body_chunks(request))
    except OffsetConflict as conflict:
        return refused(conflict.status, str(conflict), offset=conflict.offset)
    except UploadRefused as refused_upload:
        return refused(refused_upload.status, str(refused_upload))
    except UploadBroken:
        return refused(HTTPStatus.BAD_REQUEST, _("The connection broke off; what has come is kept."))
    return told(job)


def delete(request: HttpRequest, job: Job) -> JsonResponse:
    refusal = refuse_foreign(request)
    if refusal is not None:
        return refusal
    cancel(job)
    return told(job)


VERBS: dict[str, Callable[[HttpRequest, Job], JsonResponse]] = {
    "GET": tell,
    "HEAD": tell,
    "PATCH": patch,
    "DELETE": delete,
}


def told(job: Job, status: HTTPStatus = HTTPStatus.OK) -> JsonResponse:
    """How far the upload is now."""
    job.refresh_from_db()
    answer = {
        "id": str(job.pk),
        "url": reverse("layers:upload-part", args=[job.pk]),
        "page": reverse("layers:import-detail", args=[job.pk]),
        "offset": received_size(job.pk) if job.is_resumable else job.done_size,
        "size": job.total_size,
        "state": job.state,
    }
    return JsonResponse(answer, status=status)


def whole_number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= LONGEST_NUMBER else None
