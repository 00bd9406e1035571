"""Runs one job of the queue in this process; the server starts it for each import."""

from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from layers.jobs.child import limit_process, run_job, watch_server


class Command(BaseCommand):
    help = "Import the uploaded archive of one job, within the limits of the settings. The server calls it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=UUID, help="the number of the job")
        parser.add_argument(
            "--end-with-server",
            action="store_true",
            help="end at once when standard input ends, whose other end the server holds",
        )

    def handle(self, *, job: UUID, end_with_server: bool, **options: object) -> None:
        limit_process()
        if end_with_server:
            watch_server()
        run_job(job)
