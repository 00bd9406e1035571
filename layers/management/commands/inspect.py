"""``inspect``: everything about an image, as JSON."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.inspection import inspection
from layers.queries.images import AmbiguousImage, ImageNotFound, find_image


class Command(LibraryCommand):
    help = _("Print what is known of images, as docker image inspect does.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("images", nargs="+", metavar="IMAGE")

    def handle(self, *args: object, **options: Any) -> None:
        found, refusals = [], []
        for text in options["images"]:
            try:
                found.append(inspection(find_image(text)))
            except (ImageNotFound, AmbiguousImage) as error:
                refusals.append(str(error))
        if options["format"] == "json":
            for one in found:
                self.print_json(one)
        else:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=4))
        if refusals:
            raise CommandError("\n".join(refusals))
