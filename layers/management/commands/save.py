"""``save``: images as an archive."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.oci.errors import shown
from layers.operations.save_images import archive_of
from layers.queries.files import ContentMissing
from layers.queries.selection import select_images


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, ContentMissing)

    help = gettext_lazy("Save images as one archive that docker, podman, skopeo and other OCI tools read.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("images", nargs="+", metavar="IMAGE")
        parser.add_argument(
            "-o",
            "--output",
            metavar="FILE",
            help=gettext_lazy("the file to write (default: standard output)"),
        )
        parser.add_argument(
            "--format",
            choices=["docker", "oci"],
            default="docker",
            help=gettext_lazy("“oci” writes an OCI image layout, with indexes and all their platforms"),
        )

    def handle(self, *args: object, **options: Any) -> None:
        archive = archive_of(select_images(options["images"]), format=options["format"])
        with output(options["output"]) as file:
            write(archive.chunks(), file)


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


def write(chunks: Iterable[bytes], file: BinaryIO) -> None:
    for chunk in chunks:
        file.write(chunk)
