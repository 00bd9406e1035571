"""``prune``: what nobody needs out of the library."""

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.human import human_size
from layers.operations.prune_blobs import Pruned, prune_blobs


class Command(LibraryCommand):
    help = gettext_lazy(
        "Remove images without a name, as docker image prune does, and blobs that nothing needs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("-f", "--force", action="store_true", help=gettext_lazy("do not ask"))

    def handle(self, *args: object, **options: Any) -> None:
        pruned = prune_blobs() if options["force"] or self.may() else Pruned((), 0)
        if options["format"] == "json":
            images = [{"Deleted": name} for name in deleted(pruned)]
            self.print_json({"ImagesDeleted": images, "SpaceReclaimed": pruned.size})
            return
        if pruned.images:
            self.stdout.write("Deleted Images:")
            for name in deleted(pruned):
                self.stdout.write(f"deleted: {name}")
            self.stdout.write("")
        self.stdout.write(f"Total reclaimed space: {human_size(pruned.size, 4)}")

    def may(self) -> bool:
        """Whether whoever is asked says yes."""
        self.stderr.write(
            _("This removes all images without a name, and what nothing needs. Go on? [y/N]"), ending=" "
        )
        self.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def deleted(pruned: Pruned) -> list[str]:
    """Image IDs, each followed by the chain_ids of the layers that went with it."""
    return [name for image in pruned.images for name in (image.image_id, *image.chain_ids)]
