"""``gc``: what nothing needs, out of the library."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.human import human_size
from layers.operations.collect_garbage import Collected, collect_garbage

DURATION: Final = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Command(LibraryCommand):
    help = gettext_lazy("Remove blobs that nothing needs, and what killed work has left. Images stay.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help=gettext_lazy("tell what would be removed, and remove nothing"),
        )
        parser.add_argument(
            "--grace",
            type=duration,
            default="1h",
            metavar="TIME",
            help=gettext_lazy("keep what came less than that ago: 30m, 12h, 1d (default: 1h)"),
        )

    def handle(self, *args: object, **options: Any) -> None:
        collected = collect_garbage(grace=options["grace"], dry_run=options["dry_run"])
        if options["format"] == "json":
            self.print_json(row(collected))
            return
        verb = "would delete" if options["dry_run"] else "deleted"
        for digest in collected.digests:
            self.stdout.write(f"{verb}: {digest}")
        if collected.leftovers:
            self.stdout.write(_("Leftovers of killed work: %(count)d") % {"count": collected.leftovers})
        self.stdout.write(f"Total reclaimed space: {human_size(collected.size, 4)}")


def row(collected: Collected) -> dict[str, Any]:
    return {
        "BlobsDeleted": list(collected.digests),
        "Leftovers": collected.leftovers,
        "SpaceReclaimed": collected.size,
    }


def duration(text: str) -> timedelta:
    """A time as Go and docker spell it: ``1h30m``, ``2d``, ``0s``."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise ArgumentTypeError(_("%(text)s is no time: write 30m, 12h or 1d.") % {"text": ascii(text)})
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
