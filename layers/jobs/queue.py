"""The line of imports: what is next, what is cancelled, what somebody left behind."""

import os
from dataclasses import dataclass
from typing import Self

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.models import Job
from layers.operations.remove_left_uploads import remove_left_uploads
from layers.operations.resume_upload import end_dead_uploads
from layers.queries.fsck.leftovers import ENDED
from layers.queries.quota import may_run
from layers.uploads import lock_upload, remove_upload

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is ours to run, as long as the lock of its archive is held."""

    job: Job
    lock: int

    @classmethod
    def take(cls, job: Job) -> Self | None:
        """The claim on ``job``; None where another process has it, or its archive is gone."""
        try:
            lock = lock_upload(job.pk)
        except FileNotFoundError:
            return None
        return None if lock is None else cls(job, lock)

    def release(self) -> None:
        os.close(self.lock)


def next_claim() -> Claim | None:
    """The job that has waited longest and is free, now running; None when there is none."""
    waiting = _jobs(Job.State.QUEUED).filter(cancel_requested=False).select_related("owner")
    for job in waiting.order_by("created_at"):
        if not may_run(job):
            continue
        claim = Claim.take(job)
        if claim is None:
            continue
        now = timezone.now()
        if _move(
            job,
            Job.State.RUNNING,
            started_at=now,
            heartbeat_at=now,
            stage=Job.Stage.VERIFY,
            done_size=0,
            attempts=F("attempts") + 1,
        ):
            return claim
        claim.release()
    return None


def cancel(job: Job) -> None:
    """Asks for the end of a job; one that only waits ends at once, others when their process sees it."""
    Job.objects.filter(pk=job.pk).exclude(state__in=ENDED).update(cancel_requested=True)
    end_cancelled()
    end_dead_uploads()


def end_cancelled() -> None:
    """Ends the jobs that were cancelled before they ran."""
    for job in _jobs(Job.State.QUEUED).filter(cancel_requested=True):
        if end(job, Job.State.CANCELLED):
            remove_upload(job.pk)


def end(job: Job, state: Job.State, error: str = "") -> bool:
    """Ends a job in the state it was read in; false where it has moved on since."""
    return _move(job, state, error=error, ended_at=timezone.now(), pid=None)


def requeue(job: Job, attempts: int) -> bool:
    """Lets a job wait again whose process was taken from it, with that many attempts behind it."""
    return _move(job, Job.State.QUEUED, pid=None, done_size=0, detail="", attempts=attempts)


def recover() -> None:
    """Puts in order what a process that is no more has left: its jobs and its archives."""
    for job in _jobs(Job.State.RECEIVING, Job.State.RUNNING, Job.State.QUEUED):
        try:
            lock = lock_upload(job.pk)
        except FileNotFoundError:
            end(job, Job.State.FAILED, _("The uploaded archive is gone; send it again."))
            continue
        if lock is not None:
            if job.state != Job.State.QUEUED and not job.is_resumable:
                _recover(job)
            os.close(lock)
    remove_left_uploads()


def _recover(job: Job) -> None:
    if job.state == Job.State.RECEIVING:
        sentence = _("The server stopped before the archive was whole; send it again.")
        ended = end(job, Job.State.FAILED, sentence)
    elif job.cancel_requested:
        ended = end(job, Job.State.CANCELLED)
    elif job.attempts >= ATTEMPTS:
        sentence = _("The import was tried %(count)d times, and each time the server stopped.")
        ended = end(job, Job.State.FAILED, sentence % {"count": job.attempts})
    else:
        ended = False
        requeue(job, job.attempts)
    if ended:
        remove_upload(job.pk)


def _jobs(*states: Job.State) -> QuerySet[Job]:
    return Job.objects.filter(state__in=states)


def _move(job: Job, state: Job.State, **fields: object) -> bool:
    """Changes a job that is still in the state it was read in."""
    return bool(Job.objects.filter(pk=job.pk, state=job.state).update(state=state, **fields))
