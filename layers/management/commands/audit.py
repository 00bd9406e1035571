"""``audit``: what was done, and by whom."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.table import table
from layers.models import AuditEntry

COLUMNS = ("At", "Actor", "Action", "Target", "Address", "RequestID")


class Command(LibraryCommand):
    help = gettext_lazy("Print what was done and by whom, newest first.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("-n", "--last", type=int, default=100, help=gettext_lazy("how many rows"))

    def handle(self, *args: object, **options: Any) -> None:
        rows = [
            (str(row.at), row.actor, row.action, row.target, row.address, row.request_id)
            for row in AuditEntry.objects.all()[: max(0, options["last"])]
        ]
        if options["format"] == "json":
            for row in rows:
                self.print_json(dict(zip(COLUMNS, row, strict=True)))
        else:
            printable = [[ascii(cell)[1:-1] for cell in row] for row in rows]
            self.stdout.write(table([[name.upper() for name in COLUMNS], *printable]), ending="")
