"""How far a running job is, written to its row by a thread of its own.

The import may be inside a transaction; what it reports has to be seen before
that ends, so it goes through another connection.
"""

import threading

from django.db import DatabaseError, connection
from django.utils import timezone

from layers.models import Job
from layers.operations.import_archive import Cancelled, Progress

REPORT_SECONDS = 0.5


class Reporter(threading.Thread):
    """Call it with each :class:`Progress`; at most every half second the newest goes to the row."""

    def __init__(self, job: Job) -> None:
        super().__init__(name="progress", daemon=True)
        self._job = job
        self._newest: Progress | None = None
        self._cancelled = threading.Event()
        self._closing = threading.Event()

    def __call__(self, progress: Progress) -> None:
        """Notes the progress; raises Cancelled once the job is to end: the import undoes itself."""
        self._newest = progress
        if self._cancelled.is_set():
            raise Cancelled

    def run(self) -> None:
        while not self._closing.wait(REPORT_SECONDS):
            try:
                self._report()
            except DatabaseError:
                # A report that is lost is made up for by the next; the import is not stopped for it.
                connection.close()
        connection.close()

    def close(self) -> None:
        """Ends the reports; the row is the caller's from here on."""
        self._closing.set()
        self.join()

    def _report(self) -> None:
        fields: dict[str, object] = {"heartbeat_at": timezone.now()}
        if self._newest is not None:
            fields |= {
                "stage": self._newest.stage,
                "done_size": self._newest.done,
                "total_size": self._newest.total,
                "detail": self._newest.detail[:255],
            }
        row = Job.objects.filter(pk=self._job.pk)
        row.update(**fields)
        if row.filter(cancel_requested=True).exists():
            self._cancelled.set()
