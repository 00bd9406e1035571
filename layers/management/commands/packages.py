"""``packages``: what is installed in an image, and which layer brought it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.listing import printable, text_fields
from layers.management.table import table
from layers.models import Image
from layers.operations.read_packages import read_packages_of
from layers.queries.bill_of_materials import bill_of_materials
from layers.queries.images import find_image
from layers.queries.packages import (
    InstalledPackage,
    LayerPackage,
    OperatingSystem,
    inventory,
    notes_of,
    operating_system,
    packages_by_layer,
    purl_of,
)
from layers.queries.positions import position_of
from layers.queries.tree import lineage_of

Row = InstalledPackage | LayerPackage


class Command(LibraryCommand):
    help = _("List the packages of an image, and the layer that brought each one.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument("--layer", metavar="LAYER", help=_("as it is up to this layer; else the top"))
        parser.add_argument(
            "--changes",
            action="store_true",
            help=_("what each layer added (A), upgraded (C) and removed (D)"),
        )
        parser.add_argument(
            "--removed",
            action="store_true",
            help=_("what was removed; its files are still in the layer that brought it"),
        )
        parser.add_argument("--type", help=_("one kind alone: deb, apk, rpm, pypi, npm, gem, golang, cargo"))
        parser.add_argument(
            "--format",
            choices=["table", "json", "cyclonedx"],
            default="table",
            help=_("“json” prints one object a line; “cyclonedx” is a bill of materials for other tools"),
        )

    def handle(self, *args: object, **options: Any) -> None:
        image = find_image(options["image"])
        position = position_of(image, options["layer"]) if image.chain_id else -1
        read_packages_of(image=image)
        self.tell_notes(image)
        if options["format"] == "cyclonedx":
            self.write_bill(image, position, options)
            return
        rows = self.rows(image, position, options)
        if options["type"]:
            rows = [row for row in rows if row.package.type == options["type"]]
        if options["format"] == "json":
            system = operating_system(image)
            for row in rows:
                self.print_json(as_json(row, system))
        else:
            self.stdout.write(table(cells(rows, options)), ending="")

    def tell_notes(self, image: Image) -> None:
        """What was not read, on standard error."""
        for note in notes_of(image):
            place = printable(f" /{note['path']}".encode()) if note["path"] else ""
            self.stderr.write(f"layer {note['position']}{place}: {note['note']}")

    def write_bill(self, image: Image, position: int, options: dict[str, Any]) -> None:
        if options["changes"] or options["removed"] or options["type"]:
            raise CommandError(
                gettext(
                    "A bill of materials lists all that is installed: leave out --changes, --removed, --type."
                )
            )
        bill = bill_of_materials(image, position)
        self.stdout.write(json.dumps(bill, indent=2, ensure_ascii=False))

    def rows(self, image: Image, position: int, options: dict[str, Any]) -> list[Row]:
        if options["changes"]:
            changes = packages_by_layer(lineage_of(image, position))
            only = options["layer"] is not None
            return [change for change in changes if not only or change.position == position]
        found = inventory(image, position)
        return list(found.removed if options["removed"] else found.installed)


def as_json(row: Row, system: OperatingSystem | None) -> dict[str, Any]:
    """All that is known of a package."""
    package = row.package
    fields: dict[str, Any] = {
        "type": package.type,
        "name": package.name,
        "version": package.version,
        "arch": package.arch,
        "source": package.source,
        "license": package.licence,
        "purl": purl_of(package, system),
        **text_fields("path", b"/" + package.path),
        "layer": row.position,
        "previous": row.previous,
    }
    if isinstance(row, LayerPackage):
        return {"kind": row.kind} | fields
    return fields | ({} if row.removed_position is None else {"removed_in": row.removed_position})


def cells(rows: Iterable[Row], options: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The table, its header first."""
    if options["changes"]:
        yield "LAYER", "KIND", "NAME", "VERSION", "PREVIOUS", "TYPE"
    elif options["removed"]:
        yield "NAME", "VERSION", "TYPE", "LAYER", "REMOVED IN"
    else:
        yield "NAME", "VERSION", "TYPE", "LAYER", "LICENSE"
    for row in rows:
        package = row.package
        words = printable(package.name.encode()), printable(package.version.encode()), package.type
        if isinstance(row, LayerPackage):
            yield str(row.position), row.kind, *words[:2], printable(row.previous.encode()), words[2]
        elif options["removed"]:
            yield *words, str(row.position), str(row.removed_position)
        else:
            yield *words, str(row.position), printable(package.licence.encode())
