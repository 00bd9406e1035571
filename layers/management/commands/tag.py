"""``tag``: another name for an image."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.oci.reference import Reference
from layers.operations.tag_image import tag_image
from layers.queries.images import find_image, find_reference


class Command(LibraryCommand):
    help = _("Give an image a name, as docker tag does.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("source", metavar="SOURCE_IMAGE[:TAG]")
        parser.add_argument("target", metavar="TARGET_IMAGE[:TAG]")

    def handle(self, *args: object, source: str, target: str, **options: Any) -> None:
        name = Reference.parse_tag(target)
        image = find_image(source)
        row = find_reference(source)
        tag_image(image=image, reference=name, index=row.index if row else None)
        if options["format"] == "json":
            self.print_json({"Source": source, "Target": name.familiar, "ID": image.image_id})
