"""``users``: the accounts there are, and changes to one."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.commands.adduser import read_password
from layers.management.table import table
from layers.models import Role, User
from layers.operations.create_user import AccountRefused, change_user


class Command(LibraryCommand):
    help = gettext_lazy("List the accounts, or change the one that is named.")
    refusals = (*LibraryCommand.refusals, AccountRefused)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", nargs="?", help=gettext_lazy("the account to change"))
        parser.add_argument("--role", choices=Role.values, help=gettext_lazy("give it this role"))
        parser.add_argument("--password", action="store_true", help=gettext_lazy("ask for a new password"))
        is_active = parser.add_mutually_exclusive_group()
        is_active.add_argument("--close", dest="is_active", action="store_false", default=None)
        is_active.add_argument("--open", dest="is_active", action="store_true", default=None)

    def handle(self, *args: object, **options: Any) -> None:
        if options["name"]:
            self.change(options)
        rows = [
            {
                "Name": user.name,
                "Role": user.role,
                "Active": user.is_active,
                "LastLogin": str(user.last_login or ""),
            }
            for user in User.objects.all()
        ]
        if options["format"] == "json":
            for row in rows:
                self.print_json(row)
        else:
            columns = ["NAME", "ROLE", "ACTIVE", "LAST LOGIN"]
            lines = [[str(value) for value in row.values()] for row in rows]
            self.stdout.write(table([columns, *lines]), ending="")

    def change(self, options: dict[str, Any]) -> None:
        user = User.objects.filter(name=options["name"]).first()
        if user is None:
            raise CommandError(_("There is no account called %(name)s.") % {"name": options["name"]})
        password = read_password() if options["password"] else None
        change_user(user=user, role=options["role"], is_active=options["is_active"], password=password)
