"""``tree``: which images stand on which, and what they share."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.human import human_size
from layers.management.table import table
from layers.queries.freed import Holdings
from layers.queries.shelf import Base, ShelfTree, Stand, bases, instructions, shelf_tree

HEADER = ("IMAGE", "LAYERS", "OWN SIZE", "SIZE", "IMAGES")
WIDTH = 60


class Command(LibraryCommand):
    help = _("Show which images stand on which, as docker images --tree does for platforms.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)

    def handle(self, *args: object, **options: Any) -> None:
        tree = shelf_tree()
        if options["format"] == "json":
            for row in as_json(tree):
                self.print_json(row)
        else:
            self.stdout.write(table([HEADER, *cells(tree)]), ending="")


def cells(tree: ShelfTree) -> Iterator[tuple[str, ...]]:
    """A line for each place where images end or part, drawn as a tree."""
    told = instructions(stand.chain_id for stand, _ in tree.stands() if not stand.images)
    for stand, follows in tree.stands():
        plus = "+" if len(follows) > 1 else ""
        own = f"{plus}{human_size(stand.own_size)}"
        label = f"{drawn(follows)}{label_of(stand, told)}"
        count = str(stand.image_count) if stand.children else ""
        yield label, f"{plus}{stand.layer_count}", own, human_size(stand.whole_size), count
    for each in tree.bare:
        yield each.name, "0", "0B", "0B", ""


def drawn(follows: tuple[bool, ...]) -> str:
    """The lines that lead to a stand."""
    if len(follows) == 1:
        return ""
    return "".join("│  " if more else "   " for more in follows[1:-1]) + ("├─ " if follows[-1] else "└─ ")


def label_of(stand: Stand, told: dict[str, str]) -> str:
    """The images, or what made the layers that images share."""
    if stand.images:
        return ", ".join(each.name for each in stand.images)
    text = " ".join(told.get(stand.chain_id, "").split())
    return f"({text[:WIDTH] or stand.diff_id.partition(':')[2][:12]})"


def as_json(tree: ShelfTree) -> Iterator[dict[str, Any]]:
    """A row for each image."""
    on, holdings = bases(tree), Holdings()
    for stand, _follows in tree.stands():
        for each in stand.images:
            freed = holdings.freed([each.image.pk])
            yield {
                "ID": each.image.image_id,
                "Names": list(each.names),
                "ChainID": stand.chain_id,
                "Layers": stand.depth + 1,
                "Size": stand.whole_size,
                **based(on.get(each.image.pk)),
                "FreedSize": freed.size,
                "FreedBlobs": len(freed.digests),
                "FreedRows": freed.rows,
            }


def based(base: Base | None) -> dict[str, Any]:
    return {
        "Base": base.shelved.name if base else None,
        "BaseID": base.shelved.image.image_id if base else None,
        "LayersOnBase": base.layer_count if base else None,
    }
