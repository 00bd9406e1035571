"""``layer``: one layer, the forms it is kept in, and the images that have it."""

import re
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.table import table
from layers.models import Layer
from layers.oci.errors import shown
from layers.queries.layer_users import LayerUse, NoSuchLayerHere, layer_use
from layers.queries.positions import NoSuchLayer

HEADER = ("IMAGE", "IMAGE ID", "POSITION", "LAYERS", "CHAIN ID")
DIFF_ID = re.compile(r"(?:(sha256|sha512):)?([0-9a-f]{2,128})")
MOST = 100_000


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, NoSuchLayerHere)

    help = gettext_lazy("List the images that have a layer, and where it stands in each.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "layer", metavar="DIFF_ID", help=gettext_lazy("a diff ID, or the first digits of one")
        )

    def handle(self, *args: object, **options: Any) -> None:
        use = layer_use(diff_id_of(options["layer"]), limit=MOST)
        if options["format"] == "json":
            self.print_json(as_json(use))
            return
        rows = [
            (
                user.name,
                user.image.image_id.partition(":")[2][:12],
                str(user.position),
                str(user.layer_count),
                user.chain_id.partition(":")[2][:12],
            )
            for user in use.users
        ]
        self.stdout.write(table([HEADER, *rows]), ending="")


def diff_id_of(text: str) -> str:
    """The whole diff ID; raises ``NoSuchLayer``."""
    match = DIFF_ID.fullmatch(text)
    start = f"{match[1] or 'sha256'}:{match[2]}" if match else f"?{text}"
    layers = Layer.objects.filter(staging="", diff_id__startswith=start)
    found = list(layers.values_list("diff_id", flat=True)[:5])
    if len(found) != 1:
        several = _("%(text)s is the beginning of several layers: %(layers)s.")
        message = several if found else _("No layer here has the diff ID %(text)s.")
        listed = ", ".join(sorted(each.partition(":")[2][:12] for each in found))
        raise NoSuchLayer(message % {"text": shown(text), "layers": listed})
    return found[0]


def as_json(use: LayerUse) -> dict[str, Any]:
    return {
        "DiffID": use.layer.diff_id,
        "Size": use.layer.content_size,
        "TarSize": use.layer.tar_size,
        "Paths": use.layer.entry_count,
        "CreatedBy": list(use.instructions),
        "Stored": [
            {
                "Compression": form.compression,
                "MediaType": form.media_type,
                "Digest": form.blob.digest,
                "Size": form.blob.size,
            }
            for form, _user in use.forms
        ],
        "Images": [
            {
                "ID": user.image.image_id,
                "Names": list(user.names),
                "Position": user.position,
                "ChainID": user.chain_id,
            }
            for user in use.users
        ],
    }
