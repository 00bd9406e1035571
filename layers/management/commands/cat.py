"""``cat``: the content of a file of an image."""

import os
import sys
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand, compact
from layers.management.listing import as_json, printable
from layers.oci.changeset.entry import Kind
from layers.queries.files import ContentMissing, open_entry
from layers.queries.images import find_image
from layers.queries.positions import position_of
from layers.queries.tree import NoSuchPath, layer_of, lookup

BASE64_STEP: Final = 3


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, NoSuchPath, ContentMissing)

    help = gettext_lazy(
        "Print a file of an image as it is at a layer; symlinks are followed inside the image."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument("path", metavar="PATH")
        parser.add_argument(
            "--layer",
            metavar="N",
            help=gettext_lazy("a layer, from 0 at the bottom, or its diff_id (default: the top)"),
        )

    def handle(self, *args: object, **options: Any) -> None:
        image = find_image(options["image"])
        position = position_of(image, options["layer"])
        row = lookup(image, position, os.fsencode(options["path"]), follow=True)
        if row.entry.kind is not Kind.FILE:
            message = _("/%(path)s is no file but a %(type)s.")
            raise CommandError(message % {"path": printable(row.path), "type": row.entry.kind.word})
        chunks = open_entry(row.entry, layer_of(image, row.position)).chunks()
        if options["format"] == "json":
            chunks = as_object(compact(as_json(row)), chunks)
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)


def as_object(row: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The row of ``ls`` with the content in base64, never whole in memory."""
    yield row.removesuffix("}").encode() + b',"content_b64":"'
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % BASE64_STEP
        yield b64encode(data[:whole])
        rest = data[whole:]
    yield b64encode(rest) + b'"}\n'
