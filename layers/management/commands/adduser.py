"""``adduser``: an account; the first administrator is made with it."""

import getpass
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.models import Role
from layers.operations.create_user import AccountRefused, create_user


class Command(LibraryCommand):
    help = gettext_lazy("Open an account. The password is asked for, or read from standard input.")
    refusals = (*LibraryCommand.refusals, AccountRefused)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help=gettext_lazy("lower-case letters and digits"))
        parser.add_argument("--role", choices=Role.values, default=str(Role.STUDENT))

    def handle(self, *args: object, **options: Any) -> None:
        user = create_user(name=options["name"], password=read_password(), role=options["role"])
        if options["format"] == "json":
            self.print_json({"Name": user.name, "Role": user.role})
        else:
            self.stdout.write(_("Account %(name)s (%(role)s)") % {"name": user.name, "role": user.role})


def read_password() -> str:
    """Typed twice where somebody sits there; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(_("Password: "))
    if password != getpass.getpass(_("Password again: ")):
        raise CommandError(_("The two are not the same."))
    return password
