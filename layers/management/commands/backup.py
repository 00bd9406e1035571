"""``backup``: the whole library in a directory, made while it is used."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.human import human_size
from layers.operations.backup_library import BackupRefused, backup_library


class Command(LibraryCommand):
    help = gettext_lazy("Copy the library, as it is at one moment, to a new directory; the server may run.")
    refusals = (*LibraryCommand.refusals, BackupRefused, OSError)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("directory", type=Path, help=gettext_lazy("a directory that is not there yet"))

    def handle(self, *args: object, **options: Any) -> None:
        backup = backup_library(target=options["directory"].absolute())
        if options["format"] == "json":
            values = {"MadeAt": backup.made_at, "Images": backup.images, "Blobs": backup.blobs}
            self.print_json({"Directory": str(options["directory"]), **values, "Size": backup.size})
            return
        self.stdout.write(
            _("%(directory)s: %(images)d images, %(blobs)d blobs, %(size)s")
            % {
                "directory": options["directory"],
                "images": backup.images,
                "blobs": backup.blobs,
                "size": human_size(backup.size),
            }
        )
