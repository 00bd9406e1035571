"""Takes an archive in by parts, as many connections as it takes: the file that grows here is the session."""

import os
import time
from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.models import Job
from layers.models.acting import acting_user
from layers.oci.errors import LimitExceeded
from layers.operations.receive_upload import (
    REPORT_SECONDS,
    UploadCancelled,
    end_upload,
    queue,
    refuse_long_queue,
    refuse_over_quota,
    report,
    shown_name,
)
from layers.uploads import (
    Part,
    Upload,
    UploadRefused,
    lock_upload,
    refuse_above_limit,
    refuse_full_disk,
    remove_upload,
)


class OffsetConflict(UploadRefused):
    """A part that does not start where the archive ends; ``offset`` is where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(
            _("%(offset)d bytes are here: go on from there.") % {"offset": offset}, HTTPStatus.CONFLICT
        )
        self.offset = offset


def open_upload(*, filename: str, total_size: int, fingerprint: str) -> Job:
    """The job of an archive that will come in parts, before any byte of it has.

    One that was begun and not finished, with the same name, size and
    ``fingerprint``, is taken up again. Raises :class:`UploadRefused` for what the
    limits, the disk, or those who wait already do not allow.
    """
    filename = shown_name(filename)
    unfinished = unfinished_uploads().filter(owner=acting_user(), filename=filename, total_size=total_size)
    if known := unfinished.filter(fingerprint=fingerprint).first():
        return known
    refuse_above_limit(total_size)
    refuse_full_disk(total_size + promised_size())
    refuse_long_queue()
    refuse_over_quota(total_size)
    unfinished_count = unfinished_uploads().filter(owner=acting_user()).count()
    if unfinished_count >= settings.UPLOADS_AT_ONCE:
        raise UploadRefused(
            _("%(limit)s: finish or cancel an unfinished one first.")
            % {"limit": LimitExceeded("uploads_at_once", settings.UPLOADS_AT_ONCE, unfinished_count)},
            HTTPStatus.TOO_MANY_REQUESTS,
        )
    with Upload(total_size) as upload:
        with transaction.atomic():
            refuse_over_quota(total_size)
            job = Job.objects.create(
                id=upload.number,
                owner=acting_user(),
                filename=filename,
                total_size=total_size,
                fingerprint=fingerprint,
                started_at=timezone.now(),
                heartbeat_at=timezone.now(),
            )
        if total_size == 0:
            return queue(job, upload)
        upload.keep()
    return job


def receive_part(*, job: Job, offset: int, chunks: Iterable[bytes]) -> Job:
    """Append ``chunks`` from ``offset`` on; the job waits for its turn once the archive is whole.

    A part may break off anywhere (:class:`UploadBroken`): what has come is kept, and
    the next part starts after it.

    Raises:
        OffsetConflict: the archive does not end at ``offset``.
        UploadRefused: it has ended, another connection sends it, it grows too long, or the disk is full.
    """
    with part_of(job) as part:
        if part.received_size != offset:
            raise OffsetConflict(part.received_size)
        try:
            append(job, part, chunks)
        except UploadCancelled:
            end_upload(job, Job.State.CANCELLED, "")
            part.discard()
            raise
        if part.received_size == job.total_size:
            return queue(job, part)
    return job


def part_of(job: Job) -> Part:
    """The archive of the job, for this connection alone."""
    try:
        part = Part(job.pk)
    except FileNotFoundError as error:
        raise UploadRefused(_("This upload has ended."), HTTPStatus.GONE) from error
    except BlockingIOError as error:
        raise UploadRefused(
            _("Another connection sends this archive: try again when it has ended."), HTTPStatus.LOCKED
        ) from error
    job.refresh_from_db()
    if not job.is_resumable:
        part.keep()
        raise UploadRefused(_("This upload has ended."), HTTPStatus.GONE)
    return part


def append(job: Job, part: Part, chunks: Iterable[bytes]) -> None:
    """Write the chunks as they come, and tell how far it is."""
    refuse_full_disk((job.total_size or 0) - part.received_size)
    report(job, part.received_size)
    reported = time.monotonic()
    try:
        for chunk in chunks:
            if part.received_size + len(chunk) > (job.total_size or 0):
                raise UploadRefused(
                    _("More bytes came than the %(size)d that were announced.") % {"size": job.total_size},
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                )
            part.write(chunk)
            if time.monotonic() - reported >= REPORT_SECONDS:
                report(job, part.received_size)
                reported = time.monotonic()
    finally:
        Job.objects.filter(pk=job.pk).update(done_size=part.received_size, heartbeat_at=timezone.now())


def unfinished_uploads() -> QuerySet[Job]:
    """Archives that come in parts and are not whole, the newest first."""
    return Job.objects.filter(state=Job.State.RECEIVING, cancel_requested=False).exclude(fingerprint="")


def promised_size() -> int:
    """Bytes that unfinished uploads have still to send."""
    left = unfinished_uploads().aggregate(left=Sum(F("total_size") - F("done_size")))["left"]
    return left or 0


def end_dead_uploads() -> None:
    """End the uploads that were cancelled between two parts, and those nobody has gone on with for long."""
    oldest = timezone.now() - timedelta(seconds=settings.UPLOAD_KEEP_SECONDS)
    for job in Job.objects.filter(state=Job.State.RECEIVING).exclude(fingerprint=""):
        is_dead = job.heartbeat_at is None or job.heartbeat_at < oldest
        if job.cancel_requested or is_dead:
            end_unused(job)


def end_unused(job: Job) -> None:
    """End an upload that no connection sends at the moment."""
    try:
        lock = lock_upload(job.pk)
    except FileNotFoundError:
        lock = -1
    if lock is None:
        return
    hours = settings.UPLOAD_KEEP_SECONDS // 3600
    sentence = _("Nobody went on with this upload for %(hours)d hours; send it again.") % {"hours": hours}
    if job.cancel_requested:
        end_upload(job, Job.State.CANCELLED, "")
    else:
        end_upload(job, Job.State.FAILED, sentence)
    remove_upload(job.pk)
    if lock >= 0:
        os.close(lock)
