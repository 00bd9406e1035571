"""``ls``: a directory of an image, as it is at a layer."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.listing import HEADER, as_json, cells
from layers.management.table import table
from layers.models import Image
from layers.oci.changeset.entry import Kind
from layers.queries.images import find_image
from layers.queries.positions import position_of
from layers.queries.tree import NoSuchPath, TreeRow, listing, lookup, walk


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, NoSuchPath, NotADirectoryError)

    help = _("List a directory of an image as it is at a layer, each path with the layer it came from.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument("path", metavar="PATH", nargs="?", default="/")
        parser.add_argument(
            "--layer", metavar="N", help=_("a layer, from 0 at the bottom, or its diff_id (default: the top)")
        )
        parser.add_argument("-R", "--recursive", action="store_true", help=_("all that is below, too"))

    def handle(self, *args: object, **options: Any) -> None:
        image = find_image(options["image"])
        position = position_of(image, options["layer"])
        top, rows = found(image, position, os.fsencode(options["path"]), options["recursive"])
        if options["format"] == "json":
            for row in rows:
                self.print_json(as_json(row))
        else:
            lines = (cells(row, row.path.removeprefix(top)) for row in rows)
            self.stdout.write(table([HEADER, *lines]), ending="")


def found(image: Image, position: int, path: bytes, recursive: bool) -> tuple[bytes, Iterable[TreeRow]]:
    """The rows to print, and what their paths start with: a directory's, or the one of anything else."""
    row = target(image, position, path)
    if row.entry.kind is not Kind.DIRECTORY:
        return row.path.rpartition(b"/")[0] + b"/" if b"/" in row.path else b"", [row]
    top = row.path + b"/" if row.path else b""
    return top, walk(image, position, row.path) if recursive else listing(image, position, row.path)


def target(image: Image, position: int, path: bytes) -> TreeRow:
    """What the path leads to; a link that leads nowhere is there itself."""
    try:
        return lookup(image, position, path, follow=True)
    except NoSuchPath:
        return lookup(image, position, path.strip(b"/"))
