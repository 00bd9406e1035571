"""``search``: everything in the library that has a text in it, a path, or a content's sha256."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.human import ellipsis
from layers.management.table import table
from layers.oci.changeset.paths import as_text
from layers.operations.index_configs import index_configs
from layers.operations.index_paths import index_paths
from layers.operations.read_packages import read_packages
from layers.queries.search import KINDS, Found, find
from layers.queries.search_texts import Place, TextHit
from layers.queries.sightings import Seen, Sighting

HEADER = ("KIND", "IMAGE", "LAYER", "STATE", "MATCH")
LIMIT = 20
MATCH_WIDTH = 80


class Command(LibraryCommand):
    help = gettext_lazy(
        "Search names, digests, history, config, and the paths in all layers of all images; "
        "a text with * or ? is a pattern of paths, 12 or more hex digits also mean a content's sha256."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("text", metavar="TEXT")
        parser.add_argument(
            "--kind",
            choices=KINDS,
            action="append",
            help=gettext_lazy("only what is of this kind; may be repeated"),
        )
        parser.add_argument(
            "-n",
            "--limit",
            type=int,
            default=LIMIT,
            metavar="N",
            help=gettext_lazy("matches of each kind that are printed (default: %(default)s)"),
        )
        parser.add_argument("--no-trunc", action="store_true", help=gettext_lazy("cut nothing"))

    def handle(self, *args: object, **options: Any) -> None:
        index_configs()
        index_paths()
        read_packages()
        lines: list[dict[str, Any]] = []
        for kind in KINDS:
            if kind in (options["kind"] or KINDS):
                limit = max(1, options["limit"])
                found = find(kind, options["text"], limit=limit, images=limit)
                lines += rows(found)
                self.tell(found)
        if options["format"] == "json":
            for line in lines:
                self.print_json(line)
        else:
            self.stdout.write(
                table([HEADER, *(cells(line, options["no_trunc"]) for line in lines)]), ending=""
            )

    def tell(self, found: Found) -> None:
        """Say on standard error what is not in the list."""
        values = {"kind": found.kind, "total": found.total, "lacking": found.lacking}
        if found.next:
            more = _("%(kind)s: more than %(total)d match; --limit prints more.")
            all_of_them = _("%(kind)s: %(total)d match in all; --limit prints more.")
            self.stderr.write((more if found.is_more else all_of_them) % values)
        if found.is_cut:
            self.stderr.write(_("%(kind)s: not all was looked at, that would take too long.") % values)
        if found.lacking:
            images = _("%(kind)s: %(lacking)d images are not indexed yet.")
            layers = _("%(kind)s: %(lacking)d layers are not indexed yet.")
            self.stderr.write((images if found.kind == "config" else layers) % values)


def rows(found: Found) -> Iterator[dict[str, Any]]:
    """A row for each image that a match is in."""
    for text in found.texts:
        yield from text_rows(found.kind, text)
    for path in found.paths:
        yield from path_rows(found.kind, path)


def text_rows(kind: str, hit: TextHit) -> Iterator[dict[str, Any]]:
    for place in hit.places:
        yield {
            "Kind": kind,
            "Image": place.name,
            "ImageID": place.image.image_id,
            "Layer": place.position,
            "State": state(place),
            "HiddenBy": None if place.hidden_by is None else place.hidden_by.position,
            "Field": hit.field,
            "Match": hit.text,
            "Images": hit.image_count,
        }


def path_rows(kind: str, path: Seen) -> Iterator[dict[str, Any]]:
    for sighting in path.sightings:
        entry = sighting.entry
        yield {
            "Kind": kind,
            "Image": sighting.name,
            "ImageID": sighting.image.image_id,
            "Layer": sighting.position,
            "State": state(sighting),
            "HiddenBy": None if sighting.hidden_by is None else sighting.hidden_by.position,
            "Match": "/" + as_text(path.path),
            "Type": entry.kind.word if entry else None,
            "Size": entry.size if entry else None,
            "Sha256": entry.sha256.hex() if entry and entry.sha256 else None,
            "Images": path.image_count,
        }


def state(sighting: Sighting | Place) -> str:
    """Whether the image still shows it; nothing for what is of no layer's files."""
    if sighting.hidden_by is None:
        return "visible" if isinstance(sighting, Sighting) else ""
    return f"{'deleted' if sighting.hidden_by.deletes else 'overwritten'} in {sighting.hidden_by.position}"


def cells(line: dict[str, Any], whole: bool) -> tuple[str, ...]:
    layer = "" if line["Layer"] is None else str(line["Layer"])
    match = " ".join(f"{line.get('Field', '')} {line['Match']}".split())
    return (
        line["Kind"],
        line["Image"],
        layer,
        line.get("State", ""),
        match if whole else ellipsis(match, MATCH_WIDTH),
    )
