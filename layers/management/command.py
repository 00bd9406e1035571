"""What the commands that read and change the library have in common."""

import json
import os
import re
import sys
from io import TextIOWrapper
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from layers.oci.errors import OCIError
from layers.queries.images import AmbiguousImage, ImageNotFound
from layers.queries.positions import NoSuchLayer
from layers.storage import BlobMissing, ease_full_disk, told_trouble

OLD_TABLES: Final = re.compile(r"no such column|has no column|column \S+ .*does not exist")
NO_TABLES: Final = ("no such table", "does not exist")
INTERRUPTED: Final = 130


class LibraryCommand(BaseCommand):
    """A command with ``--format``, whose errors are one sentence and exit code 1.

    The system checks are left to the server: they would load every page.
    """

    requires_system_checks = []
    refusals: tuple[type[Exception], ...] = (
        *(OCIError, ImageNotFound, AmbiguousImage, NoSuchLayer),
        BlobMissing,
    )
    """Errors whose message is fit to show."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--format",
            choices=["table", "json"],
            default="table",
            help=_("“json” prints one object a line, in which nothing is cut"),
        )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        self.help = str(self.help)  # argparse takes no lazy text here
        return super().create_parser(prog_name, subcommand, **kwargs)

    def run_from_argv(self, argv: list[str]) -> None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # As docker does, whatever the locale says: names in images know none.
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        try:
            super().run_from_argv(argv)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read the output has seen enough; the interpreter would complain as it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None

    def execute(self, *args: Any, **options: Any) -> None:
        ease_full_disk()
        try:
            super().execute(*args, **options)
        except self.refusals as error:
            raise CommandError(str(error)) from error
        except (DatabaseError, OSError, MemoryError) as error:
            if OLD_TABLES.search(str(error)):
                raise CommandError(
                    _(
                        "The library was made by another version:"
                        " run “manage.py migrate”, or start the server once."
                    )
                ) from error
            if any(words in str(error) for words in NO_TABLES):
                raise CommandError(
                    _("The library has no tables yet: run “manage.py migrate”, or start the server once.")
                ) from error
            if sentence := told_trouble(error):
                raise CommandError(sentence) from error
            raise

    def print_json(self, value: object) -> None:
        """One value on one line, as docker prints it."""
        self.stdout.write(compact(value))


def compact(value: object) -> str:
    """JSON without spaces, readable as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
