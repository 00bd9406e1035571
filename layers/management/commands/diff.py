"""``diff``: what a container, a layer, or a run of layers changed."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.models import Image
from layers.oci.changeset.paths import as_text
from layers.queries.changes import ChangeRow, changes, changes_between
from layers.queries.container_changes import container_changes
from layers.queries.containers import AmbiguousContainer
from layers.queries.images import find_image
from layers.queries.positions import position_of
from layers.queries.sides import named_container
from layers.queries.tree import NoSuchPath


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, NoSuchPath, AmbiguousContainer)

    help = gettext_lazy(
        "Print what a container changed (A, C, D), as docker diff does; or what a layer of an image did."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "image",
            metavar="CONTAINER|IMAGE",
            help=gettext_lazy("a container's name or ID goes before an image's; with a layer, an image"),
        )
        parser.add_argument(
            "--layer",
            metavar="N",
            help=gettext_lazy("a layer, from 0 at the bottom, or its diff_id (default: the top)"),
        )
        parser.add_argument(
            "--from",
            dest="first",
            metavar="I",
            help=gettext_lazy("the first of several layers taken as one step"),
        )
        parser.add_argument(
            "--to", dest="last", metavar="J", help=gettext_lazy("the last of them (default: the top)")
        )

    def handle(self, *args: object, **options: Any) -> None:
        for row in sorted(rows_of(options), key=lambda row: row.path):
            path = "/" + as_text(row.path)
            if options["format"] == "json":
                self.print_json([row.kind, path])
            else:
                self.stdout.write(f"{row.kind} {path}")


def rows_of(options: Mapping[str, Any]) -> list[ChangeRow]:
    """The changes of what the words mean."""
    text, layers = options["image"], (options["layer"], options["first"], options["last"])
    container = named_container(text) if layers == (None, None, None) else None
    if container is not None:
        return container_changes(container).rows
    return asked_for(find_image(text), *layers)


def asked_for(image: Image, layer: str | None, first: str | None, last: str | None) -> list[ChangeRow]:
    """The changes of one layer, or of several as one step; from the bottom where no first one is given."""
    if first is None and last is None:
        return changes(image, position_of(image, layer)).rows
    if layer is not None:
        raise CommandError(_("Give either --layer, or --from and --to."))
    bottom, top = position_of(image, first or "0"), position_of(image, last)
    if bottom > top:
        message = _("Layer %(first)d stands above layer %(last)d: --from takes the lower one.")
        raise CommandError(message % {"first": bottom, "last": top})
    return changes_between(image, bottom, top).rows
