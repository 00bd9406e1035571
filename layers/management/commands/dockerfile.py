"""``dockerfile``: what a container changed, as a Dockerfile."""

import os
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.output import output
from layers.operations.write_dockerfile import write_dockerfile
from layers.queries.containers import AmbiguousContainer, ContainerNotFound, find_container
from layers.queries.files import ContentMissing


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, ContainerNotFound, AmbiguousContainer, ContentMissing)

    help = _("Print the Dockerfile that repeats what was changed in a container, or write its build context.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("container", metavar="CONTAINER")
        parser.add_argument(
            "-o",
            "--output",
            metavar="FILE",
            help=_("write Dockerfile and files as one tar; “-” is standard output, for “docker build -”"),
        )
        parser.add_argument(
            "-c",
            "--change",
            action="append",
            default=[],
            metavar="LINE",
            help=_("a line for the config: CMD, ENV, LABEL, … May be given several times."),
        )
        parser.add_argument(
            "--leave-out",
            action="append",
            default=[],
            metavar="PATH",
            help=_("leave out a path, and all below it. May be given several times."),
        )

    def handle(self, *args: object, **options: Any) -> None:
        build = write_dockerfile(
            container=find_container(options["container"]),
            changes=options["change"],
            leave_out=list(map(os.fsencode, options["leave_out"])),
        )
        for note in build.notes:
            self.stderr.write(note)
        if options["output"] is None:
            self.show(build.dockerfile, as_json=options["format"] == "json")
        else:
            with output(None if options["output"] == "-" else options["output"]) as file:
                file.writelines(build.context())

    def show(self, text: str, *, as_json: bool) -> None:
        """The Dockerfile alone."""
        if as_json:
            self.print_json({"Dockerfile": text})
        else:
            self.stdout.write(text, ending="")
