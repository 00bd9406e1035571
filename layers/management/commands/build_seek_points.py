"""Makes the seek points of stored layers; the server starts it after an import."""

from django.core.management.base import BaseCommand

from layers.operations.build_seek_points import build_seek_points


class Command(BaseCommand):
    help = "Make files deep in large layers open at once. The server calls it after each import."
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        build_seek_points()
