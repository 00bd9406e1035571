"""Serves the pages and runs the imports, in one process."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from layers.checks import check_settings
from layers.models import Image, Role, User
from layers.operations.settle_blobs import outlive_power_cut
from layers.server import is_loopback, serve
from layers.storage import ease_full_disk

BEYOND = (
    "{host} can be reached from other machines, and without accounts whoever reaches the server may do "
    "everything. Set IMAGEBROWSER_ACCOUNTS=1, and IMAGEBROWSER_ALLOWED_HOSTS to the names it is reached by. "
    "(IMAGEBROWSER_ALLOW_REMOTE=1 does without accounts, for a server that something else guards.)"
)
NOBODY = (
    "Nobody could log in: open an account first, with “manage.py adduser NAME --role admin” "
    "in the same IMAGEBROWSER_DATA."
)


class Command(BaseCommand):
    help = "Serve the pages and run the imports."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=int, default=8000, help="port to listen on, 0 for any (default: %(default)s)"
        )
        parser.add_argument(
            "--demo", action="store_true", help="make the demo images first if the library is empty"
        )

    def handle(self, *, host: str, port: int, demo: bool, **options: object) -> None:
        found = check_settings(None)
        if wrong := [str(message.msg) for message in found if message.is_serious()]:
            raise CommandError(" ".join(wrong))
        for message in found:
            self.stderr.write(" ".join(filter(None, ("Warning:", str(message.msg), message.hint))))
        if not (settings.ACCOUNTS or settings.ALLOW_REMOTE or is_loopback(host)):
            raise CommandError(BEYOND.format(host=host))
        ease_full_disk()
        migrate()
        for image_id in outlive_power_cut():
            self.stderr.write(f"Lost in a power cut, import it again: {image_id}")
        if settings.ACCOUNTS and not User.objects.filter(role=Role.ADMIN, is_active=True).exists():
            raise CommandError(NOBODY)
        if demo and not Image.objects.exists():
            call_command("demo")
        connections.close_all()
        serve(host, port)


def migrate() -> None:
    """Brings the database up to date; quick where it is."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
