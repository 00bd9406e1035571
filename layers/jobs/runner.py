"""Runs the jobs that wait, some at once, each in a child process; sees that each one ends."""

import logging
import signal
import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from layers.jobs.process import ChildProcess
from layers.jobs.queue import Claim, end, end_cancelled, next_claim, recover, requeue
from layers.models import Chain, Image, Job, StoredLayer
from layers.operations.build_seek_points import lacking
from layers.operations.clean_abandoned import clean_abandoned
from layers.operations.index_configs import unindexed_images
from layers.operations.index_paths import is_index_due
from layers.operations.read_packages import lacking_packages
from layers.operations.resume_upload import end_dead_uploads
from layers.operations.seal_blobs import unsealed
from layers.operations.search_findings import lacking_findings
from layers.operations.settle_blobs import unsettled
from layers.uploads import remove_upload

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.2
RECOVER_SECONDS = 5.0
RETRY_SECONDS = 5.0
CANCEL_SECONDS = 10.0
"""How long a job may take to see that it is cancelled before it is killed."""
LOWEST_PRIORITY = 19
INDEX_SECONDS = 60.0
"""Between two runs for the index alone, which deletions and merges want from time to time."""


@dataclass(slots=True)
class Running:
    """A job and the process it runs in."""

    claim: Claim
    process: ChildProcess
    killed_because: str = ""
    cancelled_at: float | None = None

    @property
    def job(self) -> Job:
        return self.claim.job


class Runner(threading.Thread):
    """The embedded runner: one thread of the server, which never touches an archive itself."""

    def __init__(self) -> None:
        super().__init__(name="runner")
        self._stopping = threading.Event()
        self._running: list[Running] = []
        self._housekeeping: ChildProcess | None = None
        self._newest: list[int | None] = []
        self._indexed_at = -INDEX_SECONDS
        self._recovered_at = -RECOVER_SECONDS

    def stop(self) -> None:
        """Ends the thread and its processes; the jobs that ran wait for the next start."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._step()
            except Exception:
                # Whatever it is, imports go on: a server without its runner looks well and does nothing.
                logger.exception("The runner of imports failed; it goes on in %d seconds", RETRY_SECONDS)
                connection.close()
                self._stopping.wait(RETRY_SECONDS)
            self._stopping.wait(TICK_SECONDS)
        self._give_back()
        connection.close()

    def _step(self) -> None:
        if time.monotonic() - self._recovered_at >= RECOVER_SECONDS:
            self._recovered_at = time.monotonic()
            recover()
            end_dead_uploads()
            clean_abandoned()
            self._keep_house()
        end_cancelled()
        for running in list(self._running):
            self._watch(running)
        while len(self._running) < settings.JOBS_AT_ONCE and self._start_next():
            pass

    def _start_next(self) -> bool:
        claim = next_claim()
        if claim is None:
            return False
        process = ChildProcess("run_job", "--end-with-server", str(claim.job.pk), keep=(claim.lock,))
        claim.job.refresh_from_db()
        Job.objects.filter(pk=claim.job.pk).update(pid=process.pid)
        self._running.append(Running(claim, process))
        return True

    def _watch(self, running: Running) -> None:
        if running.process.poll() is not None:
            self._conclude(running)
        elif running.process.age > settings.JOB_WALL_SECONDS:
            running.killed_because = _("The import took longer than the %(seconds)d seconds it may.") % {
                "seconds": settings.JOB_WALL_SECONDS
            }
            running.process.kill()
        elif self._overdue(running):
            running.process.kill()

    def _overdue(self, running: Running) -> bool:
        """Whether the job was cancelled some time ago and still runs."""
        if running.cancelled_at is None:
            if Job.objects.filter(pk=running.job.pk, cancel_requested=True).exists():
                running.cancelled_at = time.monotonic()
            return False
        return time.monotonic() - running.cancelled_at > CANCEL_SECONDS

    def _conclude(self, running: Running) -> None:
        """Says how a job ended whose process did not; removes its archive."""
        status = running.process.close()
        if running.cancelled_at is not None:
            end(running.job, Job.State.CANCELLED)
        else:
            end(running.job, Job.State.FAILED, running.killed_because or death_sentence(status))
        remove_upload(running.job.pk)
        running.claim.release()
        self._running.remove(running)

    def _give_back(self) -> None:
        for running in self._running:
            running.process.kill()
            running.process.close()
            requeue(running.job, attempts=running.job.attempts - 1)
            running.claim.release()
        if self._housekeeping is not None:
            self._housekeeping.kill()
            self._housekeeping.close()

    def _keep_house(self) -> None:
        """Starts what is best done after an import, at the lowest priority, by one process at a time."""
        if self._housekeeping is not None:
            if self._housekeeping.poll() is None:
                return
            self._housekeeping.close()
            self._housekeeping = None
        newest = [
            model.objects.aggregate(newest=Max("pk"))["newest"] for model in (StoredLayer, Chain, Image)
        ]
        if newest != self._newest and is_house_to_keep():
            self._newest = newest
        elif self._indexed_at + INDEX_SECONDS < time.monotonic() and is_index_due():
            self._indexed_at = time.monotonic()
        else:
            return
        self._housekeeping = ChildProcess("keep_house", niceness=LOWEST_PRIORITY)


def is_house_to_keep() -> bool:
    """Whether an import has left something to be done after it."""
    waiting = (lacking(), unsettled(), unsealed(), lacking_packages(), unindexed_images(), lacking_findings())
    return any(rows.exists() for rows in waiting) or is_index_due()


def death_sentence(status: int) -> str:
    """Why a job's process ended before the job did, from its exit status, fit to show."""
    if status == -signal.SIGXCPU:
        return _("The import needed more than the %(seconds)d seconds of processor time it may use.") % {
            "seconds": settings.JOB_CPU_SECONDS
        }
    if status == -signal.SIGKILL:
        return _("The import was killed, most likely because the machine ran out of memory; nothing is kept.")
    if status < 0:
        return _("The import was ended by signal %(number)d; nothing is kept.") % {"number": -status}
    return _("The import ended unexpectedly, with status %(status)d; nothing is kept.") % {"status": status}
