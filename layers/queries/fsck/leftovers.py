"""I6: nothing is left of work whose owner is gone."""

import os
import time
from collections.abc import Iterator
from uuid import UUID

from django.utils.translation import gettext as _

from layers.models import Chain, Job, Layer
from layers.queries.fsck.problem import Fault, Problem
from layers.storage import abandoned_names, has_staging, stale_files, unfinished_files
from layers.uploads import kept_uploads, lock_upload

STALE_SECONDS = 60
"""Age of an archive that belongs to no job: a form that is still being read has none yet."""
ENDED = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


def check_leftovers() -> Iterator[Problem]:
    """Stagings, marked rows, archives and files that nobody will come back to."""
    for name in abandoned_names():
        sentence = _("An import, commit or delete was killed, and this is what it left.")
        yield Problem(Fault.STAGING_LEFT, name, sentence)
    for name in marks_without_staging():
        yield Problem(Fault.STAGING_LEFT, name, _("Rows bear the mark of work that is not under way."))
    for number in left_uploads():
        yield Problem(Fault.UPLOAD_LEFT, str(number), _("No import waits for this archive."))
    for path in (*stale_files(), *unfinished_files()):
        yield Problem(Fault.FILE_LEFT, path.name, _("A temporary file that nobody writes any more."))


def marks_without_staging() -> list[str]:
    """Marks in rows whose staging is not here: a backup brought them from where it was.

    A staging's directory is made before, and goes after, the rows that bear its mark.
    """
    marks = {
        mark
        for model in (Chain, Layer)
        for mark in model.objects.exclude(staging="").values_list("staging", flat=True)
    }
    return sorted(mark for mark in marks if not has_staging(mark))


def left_uploads() -> Iterator[UUID]:
    """Archives that belong to no job which still wants them, and that nobody is writing."""
    active = set(Job.objects.exclude(state__in=ENDED).values_list("pk", flat=True))
    for number, written_at in kept_uploads():
        if number in active or time.time() - written_at < STALE_SECONDS:
            continue
        try:
            lock = lock_upload(number)
        except FileNotFoundError:
            continue
        if lock is not None:
            os.close(lock)
            yield number
