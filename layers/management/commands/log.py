"""``log``: what each layer of an image did to a path."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.human import NO_DATE, ellipsis, human_since, human_size
from layers.management.listing import printable, text_fields
from layers.management.table import table
from layers.models import Image
from layers.oci.changeset.paths import clean
from layers.queries.images import find_image
from layers.queries.life import Event, life, living_path
from layers.queries.links import links_to
from layers.queries.tree import NoSuchPath
from layers.queries.versions import Version, versions

HEADER = ("LAYER", "CREATED", "CHANGE", "WHY", "SIZE", "CREATED BY")
LINKS_HEADER = ("TYPE", "PATH", "TARGET")
CREATED_BY_WIDTH = 45


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, NoSuchPath)

    help = _("Show what each layer of an image did to a file or directory, newest first.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument("path", metavar="PATH")
        parser.add_argument("--no-trunc", action="store_true", help=_("cut nothing"))
        parser.add_argument(
            "--links", action="store_true", help=_("instead, the hard links and symlinks that lead there")
        )

    def handle(self, *args: object, **options: Any) -> None:
        image = find_image(options["image"])
        path = living_path(image, clean(os.fsencode(options["path"])).strip(b"/"))
        if options["links"]:
            self.print_links(image, path, options["format"])
            return
        events = life(image, path)[::-1]
        if options["format"] == "json":
            for event in events:
                self.print_json(as_json(event, path))
        else:
            now = datetime.now(UTC)
            rows = cells(events, now, options["no_trunc"])
            self.stdout.write(table([HEADER, *rows]), ending="")

    def print_links(self, image: Image, path: bytes, form: str) -> None:
        """Other ways to what the image shows at the path; of what was deleted, those it had last."""
        end = versions(image, path)[-1]
        position = len(image.chain.lineage) - 1 if image.chain else 0
        if end.kind == "D":
            position = end.position - 1
            gone = gettext("%(path)s is not in the image: layer %(layer)d deleted it. In layer %(below)d:")
            facts = {"path": printable(b"/" + path), "layer": end.position, "below": position}
            self.stderr.write(gone % facts)
        links = links_to(image, position, path)
        rows = [("hardlink", b"/" + name, b"") for name in links.names]
        rows += [("symlink", b"/" + link.path, link.target) for link in links.symlinks]
        if form == "json":
            for kind, name, target in rows:
                told = text_fields("target", target) if target else {}
                self.print_json({"type": kind, **text_fields("path", name), **told})
        else:
            cells = [(kind, printable(name), printable(target)) for kind, name, target in rows]
            self.stdout.write(table([LINKS_HEADER, *cells]), ending="")
        if links.is_cut:
            self.stderr.write(_("The search was cut off: there may be more."))


def cells(events: Iterable[Event], now: datetime, whole: bool) -> Iterator[tuple[str, ...]]:
    for event in events:
        version, step = event.version, event.step
        text = " ".join(step.created_by.split()) if step else ""
        yield (
            str(version.position),
            human_since(step.created, now) if step else "",
            version.kind,
            why(version),
            size(version),
            text if whole else ellipsis(text, CREATED_BY_WIDTH),
        )


def why(version: Version) -> str:
    """The reasons, what ``docker diff`` is silent about in brackets; of a directory what is below it."""
    words = ", ".join(version.reasons)
    if version.gone_with is not None:
        return f"with /{printable(version.gone_with)}"
    if version.is_directory and version.entry is not None:
        below = version.below
        counts = zip("ACD", (below.added, below.changed, below.deleted), strict=True)
        told = " ".join(f"{kind}{count}" for kind, count in counts if count)
        words = ", ".join(filter(None, (words, f"below: {told}" if told else "")))
    return f"({words})" if version.silent else words


def size(version: Version) -> str:
    """How large it is now, and by how much it grew or shrank."""
    sign = "+" if version.delta > 0 else "-"
    changed = version.kind != "A" and version.delta
    return human_size(version.size) + (f" ({sign}{human_size(abs(version.delta))})" if changed else "")


def as_json(event: Event, path: bytes) -> dict[str, Any]:
    version, step = event.version, event.step
    entry, below = version.entry, version.below
    row: dict[str, Any] = {
        **text_fields("path", b"/" + path),
        "layer": version.position,
        "change": version.kind,
        "why": list(version.reasons),
        "silent": version.silent,
        "type": entry.kind.word if entry else None,
        "size": version.size,
        "size_before": version.size_before,
        "mode": f"{entry.mode:04o}" if entry else None,
        "sha256": entry.sha256.hex() if entry and entry.sha256 else None,
        "shown": version.visible,
    }
    if version.gone_with is not None:
        row |= text_fields("gone_with", b"/" + version.gone_with)
    if version.is_directory:
        row["below"] = {"A": below.added, "C": below.changed, "D": below.deleted, "paths": below.count}
    if step is not None:
        created = f"{step.created or NO_DATE:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")
        row |= {"created": created, "created_by": step.created_by}
        row |= {"author": step.author, "comment": step.comment}
    return row
