"""The file that an archive goes to: whole under its name, or not there."""

import ctypes
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from layers.oci.errors import shown

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def output(name: str | None, size: int = 0) -> Iterator[BinaryIO]:
    """The file to write, which appears under its name only when it is whole; else standard output.

    ``size`` is how long it is going to be, where that is known.
    """
    if name is None:
        if sys.stdout.isatty():
            raise CommandError(_("An archive is not for a terminal: use -o FILE, or redirect the output."))
        yield sys.stdout.buffer
        return
    path = Path(name)
    if path.exists() and not path.is_file():
        # A device or a named pipe is written to as it is.
        with path.open("wb") as file:
            yield file
        return
    try:
        with (
            NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file,
            removed_on_error(file.name),
        ):
            reserve(file, size)
            yield file
            file.flush()
            os.replace(file.name, path)
    except OSError as error:
        raise CommandError(f"{shown(name)}: {error.strerror or error}") from error


@contextmanager
def removed_on_error(name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        os.unlink(name)
        raise


def reserve(file: BinaryIO, size: int) -> None:
    """Choose all of the file's blocks now: writing takes half the time, and a full disk is told at once.

    Raises:
        OSError: there is no room. Where a file system cannot do it, nothing happens.
    """
    # Not ``os.posix_fallocate``: where a file system cannot, glibc writes to each block of the file.
    fallocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate64", None)
    if not size or fallocate is None:
        return
    failed = fallocate(file.fileno(), 0, ctypes.c_int64(0), ctypes.c_int64(size))
    if failed and ctypes.get_errno() in NO_ROOM:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
