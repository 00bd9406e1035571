"""``cp``: files into containers and out of them."""

import os
import sys
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.copy_in import copy_in, existing
from layers.management.copy_out import copy_out, tar_out
from layers.oci.changeset.entry import Kind
from layers.oci.errors import shown
from layers.operations.unpack_tar import unpack_tar
from layers.queries.containers import AmbiguousContainer, ContainerNotFound, find_container
from layers.queries.files import ContentMissing

STREAM: Final = "-"


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, ContainerNotFound, AmbiguousContainer, ContentMissing)

    help = gettext_lazy(
        "Copy files between a container and this machine, as docker cp does; - is a tar on standard input"
        " or output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("source", metavar="SRC", help=gettext_lazy("CONTAINER:PATH, a path, or -"))
        parser.add_argument("target", metavar="DST", help=gettext_lazy("CONTAINER:PATH, a path, or -"))
        parser.add_argument(
            "-a", "--archive", action="store_true", help=gettext_lazy("keep the owners of the files")
        )
        parser.add_argument(
            "-L",
            "--follow-link",
            action="store_true",
            help=gettext_lazy("copy what a symlink at SRC leads to"),
        )
        parser.add_argument("-q", "--quiet", action="store_true", help=gettext_lazy("changes nothing"))

    def handle(self, *args: object, **options: Any) -> None:
        source, target = parts(options["source"]), parts(options["target"])
        if source[0] and target[0]:
            raise CommandError(_("copying between containers is not supported"))
        if source[0]:
            out_of(source[0], source[1], target[1], options["archive"], options["follow_link"])
        elif target[0]:
            into(target[0], source[1], target[1], options["archive"], options["follow_link"])
        else:
            raise CommandError(_("must specify at least one container source"))


def parts(text: str) -> tuple[str, str]:
    """The container, and the path in it; no container for a path of this machine."""
    container, colon, path = text.partition(":")
    if os.path.isabs(text) or not colon or container.startswith("."):
        return "", text
    return container, path


def out_of(name: str, source: str, target: str, archive: bool, follow: bool) -> None:
    container = find_container(name)
    if target == STREAM:
        if sys.stdout.isatty():
            raise CommandError(_("A tar is not written to a terminal: redirect the output."))
        for chunk in tar_out(container, os.fsencode(source), follow=follow):
            sys.stdout.buffer.write(chunk)
    else:
        copy_out(container, os.fsencode(source), target, archive=archive, follow=follow)


def into(name: str, source: str, target: str, archive: bool, follow: bool) -> None:
    container = find_container(name)
    if source != STREAM:
        copy_in(container, source, target, archive=archive, follow=follow)
        return
    row = existing(container, os.fsencode(target))
    if row is None or row.entry.kind is not Kind.DIRECTORY:
        message = _("destination %(path)s must be a directory")
        raise CommandError(message % {"path": shown(f"{container.name}:{target}")})
    unpack_tar(container=container, directory=row.path, stream=sys.stdin.buffer)
