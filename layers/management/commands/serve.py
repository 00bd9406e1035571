"""Serves the pages and runs the imports, in one process."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from layers.models import Image
from layers.server import is_loopback, serve

BEYOND = (
    "{host} can be reached from other machines, and there are no accounts yet: whoever reaches the server "
    "may do everything. If that is meant, set IMAGEBROWSER_ALLOW_REMOTE=1, and IMAGEBROWSER_ALLOWED_HOSTS "
    "to the names it is reached by."
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
        if not settings.ALLOW_REMOTE and not is_loopback(host):
            raise CommandError(BEYOND.format(host=host))
        migrate()
        if demo and not Image.objects.exists():
            call_command("demo")
        connections.close_all()
        serve(host, port)


def migrate() -> None:
    """Brings the database up to date; quick where it is."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
