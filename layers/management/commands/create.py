"""``create``: a container from an image."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.operations.create_container import create_container
from layers.queries.images import find_image


class Command(LibraryCommand):
    help = _("Make a container from an image, as docker create does, and print its ID. Nothing is run.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument("--name", default="", help=_("the container's name; without it, one is made up"))

    def handle(self, *args: object, **options: Any) -> None:
        container = create_container(image=find_image(options["image"]), name=options["name"])
        if options["format"] == "json":
            self.print_json({"ID": container.container_id, "Name": container.name})
        else:
            self.stdout.write(container.container_id)
