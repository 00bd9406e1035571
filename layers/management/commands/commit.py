"""``commit``: an image of a container."""

import os
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.oci.changes import parse_changes
from layers.oci.reference import Reference
from layers.operations.commit_container import commit_container
from layers.queries.containers import AmbiguousContainer, ContainerNotFound, find_container
from layers.queries.files import ContentMissing


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, ContainerNotFound, AmbiguousContainer, ContentMissing)

    help = _("Make an image of a container and its changes, as docker commit does, and print its ID.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("container", metavar="CONTAINER")
        parser.add_argument("name", nargs="?", metavar="REPOSITORY[:TAG]")
        parser.add_argument("-a", "--author", default="", help=_("“Ann Example <ann@example.org>”"))
        parser.add_argument("-m", "--message", default="", help=_("what was done, and why"))
        parser.add_argument(
            "-c",
            "--change",
            action="append",
            default=[],
            metavar="LINE",
            help=_("a Dockerfile line for the config: CMD, ENV, LABEL, … May be given several times."),
        )
        parser.add_argument(
            "-p", "--pause", action="store_true", help=_("changes nothing: there is nothing running to pause")
        )
        parser.add_argument(
            "--leave-out",
            action="append",
            default=[],
            metavar="PATH",
            help=_("keep a path, and all below it, out of the new layer. May be given several times."),
        )
        parser.add_argument(
            "--reproducible",
            action="store_true",
            help=_(
                "the same edits always make the same image: times end at the base's, no container is named"
            ),
        )
        parser.add_argument(
            "--move",
            action="store_true",
            help=_("let the container stand on the new image afterwards; it keeps what was left out"),
        )

    def handle(self, *args: object, **options: Any) -> None:
        parse_changes(options["change"])  # a form may set more than docker's own command
        image = commit_container(
            container=find_container(options["container"]),
            reference=Reference.parse_tag(options["name"]) if options["name"] else None,
            author=options["author"],
            message=options["message"],
            changes=options["change"],
            leave_out=list(map(os.fsencode, options["leave_out"])),
            reproducible=options["reproducible"],
            move_container=options["move"],
        )
        if options["format"] == "json":
            self.print_json({"ID": image.image_id})
        else:
            self.stdout.write(image.image_id)
