"""``export``: the root filesystem of a container as a tar."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.output import output
from layers.operations.export_container import container_nodes
from layers.operations.export_tree import export_tree
from layers.queries.containers import AmbiguousContainer, ContainerNotFound, find_container
from layers.queries.files import ContentMissing


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, ContainerNotFound, AmbiguousContainer, ContentMissing)

    help = _("Write the merged root filesystem of a container as one tar.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("container", metavar="CONTAINER")
        parser.add_argument(
            "-o", "--output", metavar="FILE", help=_("the file to write (default: standard output)")
        )

    def handle(self, *args: object, **options: Any) -> None:
        nodes = container_nodes(find_container(options["container"]))
        with output(options["output"]) as file:
            file.writelines(export_tree(nodes))
