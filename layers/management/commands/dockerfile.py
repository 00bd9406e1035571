"""``dockerfile``: what a container changed, or how an image came to be, as a Dockerfile."""

import os
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.output import output
from layers.models import Container
from layers.operations.write_dockerfile import DockerfileBuild, write_dockerfile
from layers.operations.write_layer_dockerfile import write_layer_dockerfile
from layers.queries.containers import AmbiguousContainer, ContainerNotFound
from layers.queries.files import ContentMissing
from layers.queries.images import find_image
from layers.queries.positions import NoSuchLayer, position_of
from layers.queries.rebuilt import rebuilt_dockerfile
from layers.queries.sides import named_container


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, ContainerNotFound, AmbiguousContainer, ContentMissing, NoSuchLayer)

    help = _(
        "Print the Dockerfile that repeats what was changed in a container, or write its build context;"
        " of an image, the Dockerfile that its history tells of, each guessed line below a remark."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="CONTAINER|IMAGE")
        parser.add_argument(
            "--layer",
            metavar="LAYER",
            help=_("of an image: what this layer changed, as a build upon those below it"),
        )
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
        if options["layer"] is not None:
            self.of_layer(options)
            return
        container = named_container(options["name"])
        if container is not None:
            self.of_container(container, options)
            return
        image = find_image(options["name"])
        if options["output"] is not None or options["change"] or options["leave_out"]:
            raise CommandError(gettext("--output, --change and --leave-out are for a container."))
        self.show(printable_lines(rebuilt_dockerfile(image).text), as_json=options["format"] == "json")

    def of_container(self, container: Container, options: dict[str, Any]) -> None:
        """The Dockerfile of what was edited, or all that it takes to build it."""
        build = write_dockerfile(
            container=container,
            changes=options["change"],
            leave_out=list(map(os.fsencode, options["leave_out"])),
        )
        self.give(build, options)

    def of_layer(self, options: dict[str, Any]) -> None:
        """The Dockerfile of a layer, or all that it takes to build it."""
        if options["change"] or options["leave_out"]:
            raise CommandError(gettext("--change and --leave-out are for a container."))
        image = find_image(options["name"])
        position = position_of(image, options["layer"])
        self.give(write_layer_dockerfile(image=image, position=position), options)

    def give(self, build: DockerfileBuild, options: dict[str, Any]) -> None:
        """The Dockerfile of a build, or its context."""
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


def printable_lines(text: str) -> str:
    """The text without what a terminal obeys, but for line ends and tabs."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
