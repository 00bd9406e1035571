"""``layers``: what an image is stacked of."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.human import ellipsis, human_size
from layers.management.table import table
from layers.models import Image
from layers.queries.images import find_image

HEADER = ("LAYER", "DIFF ID", "STORED", "CONTENT", "ENTRIES", "CREATED BY")
CREATED_BY_WIDTH = 45


class Command(LibraryCommand):
    help = _("List the layers of an image, from 0 at the bottom.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument("--no-trunc", action="store_true", help=_("cut nothing"))

    def handle(self, *args: object, **options: Any) -> None:
        rows = layer_rows(find_image(options["image"]))
        if options["format"] == "json":
            for row in rows:
                self.print_json(row)
        else:
            lines = [cells(row, options["no_trunc"]) for row in rows]
            self.stdout.write(table([HEADER, *lines]), ending="")


def layer_rows(image: Image) -> list[dict[str, Any]]:
    """For each layer what identifies it, its sizes in bytes, and the row of history that made it."""
    steps = {step.position: step for step in image.history_rows.all()}
    rows = []
    for place in image.image_layers.select_related("layer", "stored__blob", "chain"):
        step = steps.get(place.position)
        rows.append(
            {
                "index": place.position,
                "digest": place.stored.blob.digest,
                "diff_id": place.layer.diff_id,
                "chain_id": place.chain.chain_id,
                "media_type": place.stored.media_type,
                "stored_size": place.stored.blob.size,
                "content_size": place.layer.content_size,
                "entries": place.layer.member_count,
                "history_index": step.index if step else None,
                "created_by": step.created_by if step else None,
            }
        )
    return rows


def cells(row: dict[str, Any], whole: bool) -> tuple[str, ...]:
    created_by = " ".join((row["created_by"] or "").split())
    return (
        str(row["index"]),
        row["diff_id"] if whole else row["diff_id"].partition(":")[2][:12],
        human_size(row["stored_size"]),
        human_size(row["content_size"]),
        str(row["entries"]),
        created_by if whole else ellipsis(created_by, CREATED_BY_WIDTH),
    )
