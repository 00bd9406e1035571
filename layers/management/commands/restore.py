"""``restore``: a backup, back into an empty library."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.operations.backup_library import BackupRefused
from layers.operations.restore_library import restore_library


class Command(LibraryCommand):
    help = gettext_lazy("Bring a backup back into an empty library, every blob held against its digest.")
    refusals = (*LibraryCommand.refusals, BackupRefused, OSError)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("directory", type=Path, help=gettext_lazy("what “backup” has made"))

    def handle(self, *args: object, **options: Any) -> None:
        backup = restore_library(source=options["directory"].absolute())
        if options["format"] == "json":
            self.print_json({"MadeAt": backup.made_at, "Images": backup.images, "Blobs": backup.blobs})
            return
        self.stdout.write(
            _("%(images)d images as of %(time)s") % {"images": backup.images, "time": backup.made_at}
        )
