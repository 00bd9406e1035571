"""Where the bytes of an image are: by directory, by layer, by type; the largest, the hidden, the double."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from heapq import nlargest
from typing import Final, NamedTuple

from layers.models import Chain, Image
from layers.oci.changeset.paths import ancestors
from layers.oci.unionfs.ledger import How, Item, Ledger
from layers.oci.unionfs.spaces import SpaceTree, Sums, total
from layers.queries.file_types import LABELS, type_of
from layers.queries.ledgers import ledger_of_chain

TREES_KEPT: Final = 8
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


def space_tree(image: Image, *, layer: int | None = None, sort: str = "") -> SpaceTree:
    """The bytes of an image by directory; only those one layer brought, or of one type."""
    chain = image.chain
    return SpaceTree.of(()) if chain is None else _tree(chain.pk, chain.chain_id, layer, sort)


@lru_cache(TREES_KEPT)
def _tree(key: int, chain_id: str, layer: int | None, sort: str) -> SpaceTree:
    """A chain never changes, so what is made of it can be kept under its key and name."""
    items: Sequence[Item] = ledger_of_chain(Chain.objects.get(pk=key)).items
    if layer is not None:
        items = [item for item in items if item.position == layer]
    if sort:
        items = [item for item in items if type_of(item) == sort]
    return SpaceTree.of(items)


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


def hidden_items(ledger: Ledger) -> list[Item]:
    """All that can be recovered, the largest first."""
    found = [item for item in ledger.items if not item.is_live]
    return sorted(found, key=lambda item: (-item.size, item.path, item.position))


def identical_rewrites(ledger: Ledger) -> list[Item]:
    """What a later layer holds again, byte for byte; the largest first."""
    return [item for item in hidden_items(ledger) if item.how is How.IDENTICAL]


def package_directories(tree: SpaceTree) -> list[PackageDirectory]:
    """Directories that hold a package each, most bytes first; none inside another."""
    paths = {match[0] for path in tree.sums if (match := PACKAGE.match(path))}
    above = {outer for path in paths for outer in ancestors(path)}
    paths |= {path for path in tree.sums if path not in above and SHELF.fullmatch(path)}
    found = [PackageDirectory(path, tree.total(path)) for path in paths]
    return sorted(found, key=lambda each: (-each.sums.size, each.path))
