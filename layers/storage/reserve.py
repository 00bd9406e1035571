"""A file that is there to be given up: on a full disk, a database needs room even to be opened.

Whoever adds to the library takes the reserve first, so it is there when the disk fills up. Whoever
looks at it, or takes away from it, gives it up where nothing else is left.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.oci.errors import OCIError
from layers.oci.limits import MIB

LEAST: Final = MIB
"""Bytes without which the database may not even be opened."""
FULL: Final = ("database or disk is full", "No space left on device")
BROKEN: Final = "disk I/O error"
UNOPENED: Final = "unable to open database file"


FULL_SENTENCE: Final = gettext_lazy(
    "The disk is full, and nothing was changed: delete images, run “manage.py gc”, or make room there."
)


class DiskFull(OCIError):
    """Nothing can be added. ``str(error)`` says what to do."""

    def __init__(self) -> None:
        super().__init__(str(FULL_SENTENCE))


def take_reserve() -> None:
    """Make sure of the reserve. Raises :class:`DiskFull` where there is no room for it and as much again."""
    path, size = reserve_path(), settings.RESERVE_SIZE
    if not size or path.exists():
        return
    if free_size() < 2 * size:
        raise DiskFull
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def ease_full_disk() -> None:
    """Give the reserve up where the database could not be opened otherwise."""
    if settings.RESERVE_SIZE and free_size() < LEAST:
        reserve_path().unlink(missing_ok=True)


@contextmanager
def room_to_delete() -> Iterator[None]:
    """Lends the reserve, where it is needed, to what frees more than that."""
    if settings.RESERVE_SIZE and free_size() < settings.RESERVE_SIZE:
        reserve_path().unlink(missing_ok=True)
    yield


def told_trouble(error: Exception) -> str | None:
    """The sentence for an error whose cause is the machine: disk, memory, open files; else ``None``."""
    text = str(error)
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or code == errno.ENOMEM:
        return _("There is no memory left for this, and nothing was changed.")
    if code in (errno.EMFILE, errno.ENFILE) or UNOPENED in text:
        return _("Too many files are open, or the database cannot be opened: nothing was changed; try again.")
    if any(words in text for words in FULL) or (BROKEN in text and free_size() < LEAST):
        return str(FULL_SENTENCE)
    if BROKEN in text or code == errno.EIO:
        return _("The disk of the library does not read or write as it should: see the log of the system.")
    return None


def reserve_path() -> Path:
    return Path(settings.DATA_DIR) / "reserve"


def free_size() -> int:
    """Bytes that are left on the disk of the library."""
    return shutil.disk_usage(settings.DATA_DIR).free
