"""Makes the seek points that are missing; the server starts it when there is something to do."""

from django.core.management.base import BaseCommand

from layers.operations.build_seek_points import build_seek_points


class Command(BaseCommand):
    help = "Make the seek points that stored layers lack, so that files deep in them open at once."
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        count = build_seek_points()
        if count:
            self.stdout.write(f"Made the seek points of {count} layers.")
