"""``rm``: containers out of the library."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.operations.remove_container import remove_container
from layers.queries.containers import AmbiguousContainer, ContainerNotFound, find_container


class Command(LibraryCommand):
    help = _("Remove containers with all that was edited in them, as docker rm does. Their images stay.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("containers", nargs="+", metavar="CONTAINER")
        parser.add_argument("-f", "--force", action="store_true", help=_("changes nothing: none is running"))

    def handle(self, *args: object, **options: Any) -> None:
        refusals = []
        for text in options["containers"]:
            try:
                size = remove_container(container=find_container(text))
            except (ContainerNotFound, AmbiguousContainer) as error:
                refusals.append(str(error))
                continue
            if options["format"] == "json":
                self.print_json({"Removed": text, "SpaceReclaimed": size})
            else:
                self.stdout.write(text)
        if refusals:
            raise CommandError("\n".join(refusals))
