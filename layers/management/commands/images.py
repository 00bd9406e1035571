"""``images``: what is in the library."""

from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.human import NO_DATE, human_since, human_size
from layers.management.table import table
from layers.queries.images import NONE, ImageRow, list_images

HEADER = ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE")


class Command(LibraryCommand):
    help = _("List the images, as docker images does.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "repository", nargs="?", metavar="REPOSITORY[:TAG]", help=_("only images of this name")
        )
        parser.add_argument("-a", "--all", action="store_true", help=_("changes nothing: all are listed"))
        parser.add_argument("-q", "--quiet", action="store_true", help=_("only IDs"))
        parser.add_argument("--no-trunc", action="store_true", help=_("do not cut IDs"))

    def handle(self, *args: object, **options: Any) -> None:
        rows = [row for row in list_images() if is_asked_for(row, options["repository"])]
        now = datetime.now(UTC)
        if options["quiet"]:
            for image_id in dict.fromkeys(id_of(row, options["no_trunc"]) for row in rows):
                self.stdout.write(image_id)
        elif options["format"] == "json":
            for row in rows:
                self.print_json(as_json(row, now))
        else:
            self.stdout.write(table([HEADER, *cells(rows, now, options["no_trunc"])]), ending="")


def is_asked_for(row: ImageRow, pattern: str | None) -> bool:
    """Whether ``repository[:tag]``, with ``*`` and ``?`` as docker has them, means the row."""
    if pattern is None:
        return True
    repository, colon, tag = pattern.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = pattern, "*"
    return fnmatchcase(row.repository, repository) and fnmatchcase(row.tag, tag)


def id_of(row: ImageRow, whole: bool) -> str:
    return row.image.image_id if whole else row.short_id


def cells(rows: Iterable[ImageRow], now: datetime, whole: bool) -> Iterable[tuple[str, ...]]:
    for row in rows:
        since = human_since(row.created, now)
        yield row.repository, row.tag, id_of(row, whole), since, human_size(row.size)


def as_json(row: ImageRow, now: datetime) -> dict[str, str]:
    """Docker's keys. Shared and unique sizes, here known, it prints for ``docker system df`` only."""
    digests = sorted(row.image.manifests.values_list("blob__digest", flat=True))
    return {
        "Containers": "N/A",
        "CreatedAt": f"{row.created or NO_DATE:%Y-%m-%d %H:%M:%S +0000 UTC}",
        "CreatedSince": human_since(row.created, now),
        "Digest": digests[0] if digests else NONE,
        "ID": row.image.image_id,
        "Repository": row.repository,
        "SharedSize": human_size(row.shared_size),
        "Size": human_size(row.size),
        "Tag": row.tag,
        "UniqueSize": human_size(row.unique_size),
        "VirtualSize": human_size(row.size, 4),
    }
