"""``save``: images as an archive."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.output import output
from layers.operations.save_images import archive_of
from layers.queries.files import ContentMissing
from layers.queries.selection import select_images


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, ContentMissing)

    help = gettext_lazy("Save images as one archive that docker, podman, skopeo and other OCI tools read.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("images", nargs="+", metavar="IMAGE")
        parser.add_argument(
            "-o",
            "--output",
            metavar="FILE",
            help=gettext_lazy("the file to write (default: standard output)"),
        )
        parser.add_argument(
            "--format",
            choices=["docker", "oci"],
            default="docker",
            help=gettext_lazy("“oci” writes an OCI image layout, with indexes and all their platforms"),
        )

    def handle(self, *args: object, **options: Any) -> None:
        archive = archive_of(select_images(options["images"]), format=options["format"])
        with output(options["output"], archive.size) as file:
            archive.write_to(file)
