"""``history``: how an image came to be."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.human import NO_DATE, ellipsis, human_since, human_size
from layers.management.table import table
from layers.queries.history import MISSING, Step, history
from layers.queries.images import find_image

CREATED_BY_WIDTH = 45


class Command(LibraryCommand):
    help = _("Show how an image came to be, as docker history does.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument(
            "-H",
            "--human",
            nargs="?",
            const="true",
            default="true",
            choices=["true", "false"],
            help=_("sizes in units and dates as ages (default); “false” prints bytes and dates"),
        )
        parser.add_argument("-q", "--quiet", action="store_true", help=_("only IDs"))
        parser.add_argument("--no-trunc", action="store_true", help=_("cut nothing"))

    def handle(self, *args: object, **options: Any) -> None:
        steps = history(find_image(options["image"]))
        now = datetime.now(UTC)
        human, whole = options["human"] == "true", options["no_trunc"]
        if options["quiet"]:
            for step in steps:
                self.stdout.write(id_of(step, whole))
        elif options["format"] == "json":
            for step in steps:
                self.print_json(as_json(step, now, human))
        else:
            header = ("IMAGE", "CREATED" if human else "CREATED AT", "CREATED BY", "SIZE", "COMMENT")
            self.stdout.write(table([header, *cells(steps, now, human, whole)]), ending="")


def cells(steps: Iterable[Step], now: datetime, human: bool, whole: bool) -> Iterable[tuple[str, ...]]:
    for step in steps:
        row = as_json(step, now, human)
        text = row["CreatedBy"] if whole else ellipsis(row["CreatedBy"], CREATED_BY_WIDTH)
        yield id_of(step, whole), row["CreatedSince"], text, row["Size"], step.comment


def id_of(step: Step, whole: bool) -> str:
    return step.id if whole or step.id == MISSING else step.id.partition(":")[2][:12]


def as_json(step: Step, now: datetime, human: bool) -> dict[str, str]:
    """The keys of docker's ``--no-trunc --format '{{json .}}'``."""
    created_at = f"{step.created or NO_DATE:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")
    return {
        "Comment": step.comment,
        "CreatedAt": created_at,
        "CreatedBy": step.created_by.replace("\t", " "),
        "CreatedSince": human_since(step.created, now) if human else created_at,
        "ID": step.id,
        "Size": human_size(step.size) if human else str(step.size),
    }
