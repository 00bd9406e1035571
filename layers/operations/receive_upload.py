"""Takes an archive in, and puts it in the line of imports."""

import time
from collections.abc import Iterable
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.models import Job
from layers.models.acting import acting_user
from layers.oci.errors import LimitExceeded
from layers.operations.record_audit import record_audit
from layers.queries.quota import check_begun, check_quota, check_waiting
from layers.uploads import Archive, ReceivedFile, Upload, UploadRefused

REPORT_SECONDS = 0.5
"""Between two reports of progress, at least."""


class UploadCancelled(UploadRefused):
    """Somebody cancelled it while it was received."""


class UploadBroken(Exception):
    """The sender went away before the archive was whole."""


def receive_upload(*, filename: str, total_size: int | None, chunks: Iterable[bytes]) -> Job:
    """A queued job for the archive in ``chunks``, which may raise :class:`UploadBroken`.

    While the archive comes in, its job is there to be watched and cancelled.
    Raises :class:`UploadRefused`; nothing is kept of a refused, broken or
    cancelled archive but a job that says why.
    """
    refuse_long_queue()
    refuse_over_quota(total_size or 0)
    with Upload(total_size) as upload:
        with transaction.atomic():
            refuse_over_quota(total_size or 0)
            job = Job.objects.create(
                id=upload.number,
                owner=acting_user(),
                filename=shown_name(filename),
                total_size=total_size,
                started_at=timezone.now(),
                heartbeat_at=timezone.now(),
            )
        try:
            _receive(job, upload, chunks)
        except UploadCancelled:
            end_upload(job, Job.State.CANCELLED, "")
            raise
        except UploadRefused as refusal:
            end_upload(job, Job.State.FAILED, str(refusal))
            raise
        except UploadBroken:
            end_upload(job, Job.State.FAILED, _broken(upload.received_size, total_size))
            raise
        except BaseException:
            end_upload(
                job, Job.State.FAILED, _("The upload broke off by a fault of the server; send it again.")
            )
            raise
        return queue(job, upload)


def queue_upload(*, file: ReceivedFile) -> Job:
    """A queued job for a file that came with a form: ``request.FILES``. Raises :class:`UploadRefused`."""
    if isinstance(file.upload, UploadRefused):
        raise file.upload
    with transaction.atomic():
        refuse_long_queue()
        refuse_over_quota(file.upload.received_size)
        job = Job.objects.create(
            id=file.upload.number,
            owner=acting_user(),
            filename=shown_name(file.name or ""),
            started_at=timezone.now(),
        )
        return queue(job, file.upload)


def _receive(job: Job, upload: Upload, chunks: Iterable[bytes]) -> None:
    reported = time.monotonic()
    for chunk in chunks:
        upload.write(chunk)
        if time.monotonic() - reported >= REPORT_SECONDS:
            report(job, upload.received_size)
            reported = time.monotonic()
    if job.total_size is not None and upload.received_size != job.total_size:
        raise UploadBroken


def report(job: Job, received_size: int) -> None:
    """Tells how much has come; raises :class:`UploadCancelled` once nobody wants it any more."""
    Job.objects.filter(pk=job.pk).update(done_size=received_size, heartbeat_at=timezone.now())
    if Job.objects.filter(pk=job.pk, cancel_requested=True).exists():
        raise UploadCancelled(_("The upload was cancelled."), HTTPStatus.CONFLICT)


def queue(job: Job, upload: Archive) -> Job:
    """Lets the job, whose archive is whole, wait for its turn."""
    job.done_size = job.total_size = upload.received_size
    job.heartbeat_at = timezone.now()
    job.state = Job.State.QUEUED
    job.save(update_fields=["done_size", "total_size", "heartbeat_at", "state"])
    upload.keep()
    record_audit(action="upload archive", target=f"{job.filename}, {upload.received_size} bytes")
    return job


def refuse_over_quota(size: int) -> None:
    """Raises :class:`UploadRefused` for more bytes than somebody may have, or more uploads in an hour."""
    try:
        check_quota(adding=size)
    except LimitExceeded as error:
        raise UploadRefused(str(error), HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from error
    try:
        check_begun()
    except LimitExceeded as error:
        raise UploadRefused(
            _("%(limit)s: send this one when the first of yours in this hour is an hour old.")
            % {"limit": error},
            HTTPStatus.TOO_MANY_REQUESTS,
        ) from error


def end_upload(job: Job, state: Job.State, error: str) -> None:
    """Ends a job whose archive never got here whole."""
    Job.objects.filter(pk=job.pk).update(state=state, error=error, ended_at=timezone.now())


def refuse_long_queue() -> None:
    """Raises :class:`UploadRefused` where too many imports wait already."""
    try:
        check_waiting()
    except LimitExceeded as error:
        raise UploadRefused(
            _("%(limit)s: send this one when one of yours has ended.") % {"limit": error},
            HTTPStatus.SERVICE_UNAVAILABLE,
        ) from error
    waiting = Job.objects.filter(state=Job.State.QUEUED).count()
    if waiting >= settings.JOBS_WAITING:
        raise UploadRefused(
            _("%(limit)s: send this one when some of the imports that wait have ended.")
            % {"limit": LimitExceeded("jobs_waiting", settings.JOBS_WAITING, waiting)},
            HTTPStatus.SERVICE_UNAVAILABLE,
        )


def _broken(received_size: int, total_size: int | None) -> str:
    if total_size is None:
        return _("The connection broke off after %(received)d bytes; send it again.") % {
            "received": received_size
        }
    return _("The connection broke off after %(received)d of %(total)d bytes; send it again.") % {
        "received": received_size,
        "total": total_size,
    }


def shown_name(filename: str) -> str:
    """The last part of the name, printable and short enough to keep."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(c if c.isprintable() else "�" for c in name)[:255] or _("unnamed")
