"""``upload``: an archive to a server elsewhere, over a line that may break."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.human import human_size
from layers.management.sending import Sender, SendingRefused


class Command(LibraryCommand):
    help = gettext_lazy(
        "Send image archives to a server, in parts: what a lost connection has delivered is not sent again."
    )
    refusals = (*LibraryCommand.refusals, SendingRefused)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=gettext_lazy("an archive"))
        parser.add_argument(
            "--server",
            default="http://127.0.0.1:8000",
            help=gettext_lazy("where it runs (default: %(default)s)"),
        )
        parser.add_argument("-q", "--quiet", action="store_true", help=gettext_lazy("show no progress"))

    def handle(self, *args: object, **options: Any) -> None:
        shows = not options["quiet"] and sys.stderr.isatty()
        for path in options["files"]:
            sender = Sender(
                options["server"],
                token=os.environ.get("IMAGEBROWSER_TOKEN", ""),
                report=self.report if shows else lambda done, total: None,
                wait=lambda seconds, why: self.stderr.write(
                    _("%(why)s: trying again in %(seconds)d s") % {"why": why, "seconds": seconds}
                ),
            )
            try:
                sent = sender.send(path)
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from error
            row = {"File": str(path), "Page": sent.page}
            self.print_json(row) if options["format"] == "json" else self.stdout.write(sent.page)

    def report(self, done: int, total: int) -> None:
        text = "" if done == total else f"{human_size(done)} / {human_size(total)}"
        self.stderr.write(f"\r\x1b[K{text}", ending="")
