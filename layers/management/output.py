"""The file that an archive goes to: whole under its name, or not there."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from layers.oci.errors import shown


@contextmanager
def output(name: str | None) -> Iterator[BinaryIO]:
    """The file to write, which appears under its name only when it is whole; else standard output."""
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
