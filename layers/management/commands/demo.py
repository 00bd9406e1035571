"""``manage.py demo``: three small images to look at."""

from django.core.management.base import BaseCommand, CommandParser

from layers.models import Image
from layers.oci.reference import Reference
from layers.operations.make_demo import make_demo


class Command(BaseCommand):
    help = "Make the demo images webserver:v1, webserver:v2 and shop:v1. Nothing is downloaded."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where the library holds an image already"
        )

    def handle(self, *, if_empty: bool, **options: object) -> None:
        if if_empty and Image.objects.exists():
            return
        for reference in make_demo().references:
            self.stdout.write(f"Loaded image: {Reference.parse(str(reference)).familiar}")
