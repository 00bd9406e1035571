"""Where the bytes of an image are: by directory, by layer, by type; the largest, the hidden, the double."""

import re
from collections.abc import Iterable, Sequence
from heapq import nlargest
from typing import Final, NamedTuple

from layers.models import Image
from layers.oci.changeset.paths import ancestors
from layers.oci.unionfs.ledger import How, Item, Ledger
from layers.oci.unionfs.spaces import SpaceTree, Sums, total
from layers.queries.file_types import LABELS, type_of
from layers.queries.ledgers import kept_with_ledger

PACKAGE: Final = re.compile(
    rb"(?:.*?/)?(?:site-packages|dist-packages|gems|jvm)/[^/]+"
    rb"|(?:.*?/)?node_modules/(?:@[^/]+/[^/]+|[^@/][^/]*)",
    re.DOTALL,
)
"""Directories that one package has to itself."""
SHELF: Final = re.compile(
    rb"opt/[^/]+|usr/(?:share|lib|local/lib|libexec)/[^/]+|var/(?:lib|cache)/[^/]+", re.DOTALL
)
"""Directories that mostly belong to one program, unless packages lie in them."""


class Portion(NamedTuple):
    """A part of an image's bytes that has a name."""

    key: str
    sums: Sums


class PackageDirectory(NamedTuple):
    """A directory that holds one package, and its bytes."""

    path: bytes
    sums: Sums


@kept_with_ledger
def space_tree(ledger: Ledger, *, layer: int | None = None, sort: str = "") -> SpaceTree:
    """The bytes of an image by directory; only those one layer brought, or of one type."""
    items: Sequence[Item] = ledger.items
    if layer is not None:
        items = [item for item in items if item.position == layer]
    if sort:
        items = [item for item in items if type_of(item) == sort]
    return SpaceTree.of(items)


@kept_with_ledger
def types_of(ledger: Ledger) -> list[Portion]:
    """The types of file in an image, most bytes first."""
    return by_type(ledger.items)


def by_type(items: Iterable[Item]) -> list[Portion]:
    """The types of file that there are, most bytes first."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(type_of(item), []).append(item)
    return sorted(
        (Portion(sort, total(found[sort])) for sort in LABELS if sort in found),
        key=lambda portion: -portion.sums.size,
    )


def tar_sizes(image: Image) -> list[int]:
    """The bytes of each layer's tar, from the bottom."""
    rows = image.image_layers.order_by("position")
    return list(rows.values_list("layer__tar_size", flat=True))


def largest(items: Iterable[Item], count: int, *, hidden: bool = False) -> list[Item]:
    """The largest files that are seen, or with ``hidden`` those that are not."""
    chosen = (item for item in items if item.is_live is not hidden)
    return nlargest(count, chosen, key=lambda item: (item.size, item.path))


@kept_with_ledger
def hidden_items(ledger: Ledger) -> list[Item]:
    """All that can be recovered, the largest first."""
    found = [item for item in ledger.items if not item.is_live]
    return sorted(found, key=lambda item: (-item.size, item.path, item.position))


def identical_rewrites(image: Image) -> list[Item]:
    """What a later layer holds again, byte for byte; the largest first."""
    return [item for item in hidden_items(image) if item.how is How.IDENTICAL]


@kept_with_ledger
def largest_files(ledger: Ledger, count: int) -> list[Item]:
    """The largest files that are seen."""
    return largest(ledger.items, count)


def package_directories(tree: SpaceTree) -> list[PackageDirectory]:
    """Directories that hold a package each, most bytes first; none inside another."""
    paths = {match[0] for path in tree.sums if (match := PACKAGE.match(path))}
    above = {outer for path in paths for outer in ancestors(path)}
    paths |= {path for path in tree.sums if path not in above and SHELF.fullmatch(path)}
    found = [PackageDirectory(path, tree.total(path)) for path in paths]
    return sorted(found, key=lambda each: (-each.sums.size, each.path))
