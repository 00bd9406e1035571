"""``ps``: the containers in the library."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.human import ellipsis, human_since, human_size
from layers.management.table import table
from layers.models import Container, Image
from layers.oci.config import ImageConfig
from layers.queries.containers import ContainerRow, list_containers
from layers.storage import has_blob, open_blob

HEADER: Final = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")
COMMAND_WIDTH: Final = 20
STATUS: Final = "Created"
"""Nothing is ever run here."""


class Command(LibraryCommand):
    help = _("List the containers, as docker ps --all does.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("-a", "--all", action="store_true", help=_("changes nothing: all are listed"))
        parser.add_argument("-q", "--quiet", action="store_true", help=_("only IDs"))
        parser.add_argument("-s", "--size", action="store_true", help=_("bytes of what was edited"))
        parser.add_argument("--no-trunc", action="store_true", help=_("do not cut IDs and commands"))

    def handle(self, *args: object, **options: Any) -> None:
        rows, now, whole = list_containers(), datetime.now(UTC), options["no_trunc"]
        if options["format"] == "json":
            for row in rows:
                self.print_json(as_json(row, now))
        elif options["quiet"]:
            for row in rows:
                self.stdout.write(id_of(row.container, whole))
        else:
            header = (*HEADER, "SIZE") if options["size"] else HEADER
            self.stdout.write(table([header, *cells(rows, now, whole, options["size"])]), ending="")


def cells(rows: Iterable[ContainerRow], now: datetime, whole: bool, size: bool) -> Iterator[tuple[str, ...]]:
    for row in rows:
        container = row.container
        command = command_of(runtime_of(container.image))
        yield (
            id_of(container, whole),
            row.image,
            quoted(command if whole else ellipsis(command, COMMAND_WIDTH)),
            human_since(container.created_at, now),
            STATUS,
            "",
            container.name,
            *([size_of(row)] if size else []),
        )


def id_of(container: Container, whole: bool) -> str:
    return container.container_id if whole else container.short_id


def runtime_of(image: Image) -> Mapping[str, Any]:
    """What a container of the image is started with; nothing where the blob store lacks the config."""
    if not has_blob(image.image_id):
        return {}
    with open_blob(image.image_id) as blob:
        return ImageConfig.parse(blob.read(), image.image_id, settings.LIMITS).runtime


def command_of(runtime: Mapping[str, Any]) -> str:
    """What docker would run: ENTRYPOINT and CMD as one line."""
    parts = [runtime.get("Entrypoint"), runtime.get("Cmd")]
    return " ".join(str(word) for words in parts if isinstance(words, list) for word in words)


def labels_of(runtime: Mapping[str, Any]) -> str:
    labels = runtime.get("Labels")
    pairs = sorted(labels.items()) if isinstance(labels, dict) else []
    return ",".join(f"{name}={value}" for name, value in pairs)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def size_of(row: ContainerRow) -> str:
    """The upper's size, and that of the image with it."""
    return f"{human_size(row.size)} (virtual {human_size(row.size + row.container.image.size)})"


def as_json(row: ContainerRow, now: datetime) -> dict[str, Any]:
    """Docker's keys, and how much was changed."""
    container, runtime = row.container, runtime_of(row.container.image)
    return {
        "Command": quoted(command_of(runtime)),
        "CreatedAt": f"{container.created_at:%Y-%m-%d %H:%M:%S +0000 UTC}",
        "ID": container.container_id,
        "Image": row.image,
        "ImageID": container.image.image_id,
        "Labels": labels_of(runtime),
        "LocalVolumes": "0",
        "Mounts": "",
        "Names": container.name,
        "Networks": "",
        "Ports": "",
        "RunningFor": human_since(container.created_at, now),
        "Size": size_of(row),
        "State": STATUS.lower(),
        "Status": STATUS,
        "Changes": {"A": row.added, "C": row.changed, "D": row.deleted},
    }
