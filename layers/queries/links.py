"""Other ways to a file: further names of the same content, and symlinks that lead to it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from django.db import connection

from layers.models import Chain, Image
from layers.models.extra import unpack_extra
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import ancestors, clean, join, split
from layers.queries.change_rows import directories_of
from layers.queries.tree import NoSuchPath, TreeRow, lookup

ENTRIES_SCANNED: Final = 500_000
"""Entries of an image that are looked through for links: a tenth of a second."""
NAMES_SHOWN: Final = 100
CANDIDATES: Final = 400
"""Symlinks that are followed to see where they lead."""
CHAINS_KEPT: Final = 32
IN_LAYER: Final = "SELECT id, name, {} FROM layers_fileentry WHERE id >= %s AND id < %s AND {} ORDER BY id"
SYMLINKS: Final = IN_LAYER.format("linkname", "kind = %s")
WITH_EXTRA: Final = IN_LAYER.format("extra", "extra IS NOT NULL")


class Link(NamedTuple):
    """A symlink of the merged tree."""

    path: bytes
    target: bytes
    """What it says."""
    leads_to: bytes
    """The path itself, or a directory above it."""


@dataclass(frozen=True, slots=True)
class Links:
    """What leads to a path at a layer."""

    names: list[bytes]
    """Hard links: other names of the same file."""
    symlinks: list[Link]
    is_cut: bool
    """Whether there may be more: the search is bounded."""


def links_to(image: Image, position: int, path: bytes) -> Links:
    """Other names and symlinks as they are seen at a layer. Raises ``NoSuchPath`` where nothing is."""
    row = lookup(image, position, path)
    chains = list(chains_up_to(image, position))
    scanned, is_cut = within_bounds(chains)
    names = list(hardlinks(image, position, row, chains)) if row.entry.kind is not Kind.DIRECTORY else []
    symlinks, too_many = leading(image, position, path, scanned)
    return Links(names[:NAMES_SHOWN], symlinks, is_cut or too_many or len(names) > NAMES_SHOWN)


def chains_up_to(image: Image, position: int) -> Iterator[Chain]:
    """The chains, bottom first."""
    lineage = image.chain.lineage[: position + 1] if image.chain is not None else []
    found = Chain.objects.select_related("layer").in_bulk(lineage)
    return (found[key] for key in lineage)


def within_bounds(chains: Sequence[Chain]) -> tuple[list[Chain], bool]:
    """The chains whose layers may be looked through, from the top, and whether some may not."""
    left, found = ENTRIES_SCANNED, []
    for chain in reversed(chains):
        left -= chain.layer.entry_count
        if left < 0 and found:
            return found, True
        found.append(chain)
    return found, False


# --- hard links ----------------------------------------------------------------------------


def hardlinks(image: Image, position: int, row: TreeRow, chains: Sequence[Chain]) -> Iterator[bytes]:
    """Names in the layer the file came from that are the same file, as far as they are still seen."""
    chain = chains[row.position]
    links = layer_links(chain.pk, chain.chain_id)
    root = links.root(row.path)
    for path in links.names(root):
        if path != row.path and is_seen(image, position, path, row):
            yield path


def is_seen(image: Image, position: int, path: bytes, row: TreeRow) -> bool:
    """Whether what is at the path is still what the row's layer put there."""
    try:
        found = lookup(image, position, path)
    except NoSuchPath:
        return False
    return found.position == row.position and found.entry.kind is row.entry.kind


class LayerLinks:
    """The hard links of one layer: each names another path of it, which may be a link itself."""

    def __init__(self, targets: dict[bytes, bytes]) -> None:
        self._targets = targets
        self._groups: dict[bytes, list[bytes]] = {}
        for path in targets:
            self._groups.setdefault(self.root(path), []).append(path)

    def root(self, path: bytes) -> bytes:
        """The name that all others of the file lead to."""
        seen = set()
        while path in self._targets and path not in seen:
            seen.add(path)
            path = self._targets[path]
        return path

    def names(self, root: bytes) -> list[bytes]:
        """Every name of the file, the one that the others link to first."""
        return [root, *sorted(self._groups.get(root, ()))] if root in self._groups else []


@lru_cache(CHAINS_KEPT)
def layer_links(key: int, chain_id: str) -> LayerLinks:
    """The hard links of a chain's top layer; a chain never changes."""
    chain = Chain.objects.select_related("layer").get(pk=key)
    found = []
    for number, name, packed in rows_of(chain, WITH_EXTRA):
        extra = unpack_extra(bytes(packed))
        if extra is not None and extra.hardlink is not None:
            found.append((number, bytes(name), clean(extra.hardlink)))
    return LayerLinks(dict(placed(chain, found)))


# --- symlinks ------------------------------------------------------------------------------


def leading(image: Image, position: int, path: bytes, chains: Sequence[Chain]) -> tuple[list[Link], bool]:
    """The symlinks that lead to the path or to a directory above it, other links between them too.

    A link is followed only if its target ends in the name of what is looked for, or in
    one that says no name; then the links that lead to that link are looked for.
    """
    goals = {path, *ancestors(path)[:-1]}
    named: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for chain in chains:
        for place, target in layer_symlinks(chain.pk, chain.chain_id):
            named.setdefault(last_name(target), []).append((place, target))
    todo, done = [split(goal)[1] for goal in goals] + [b""], set()
    found: dict[bytes, Link] = {}
    followed = 0
    while todo:
        name = todo.pop()
        for place, target in named.get(name, ()) if name not in done else ():
            followed += 1
            if followed > CANDIDATES or len(found) >= NAMES_SHOWN:
                return sorted(found.values()), True
            leads_to = destination(image, position, place, target) if place not in found else None
            if leads_to in goals and place not in goals:
                found[place] = Link(place, target, leads_to or b"")
                todo.append(split(place)[1])
        done.add(name)
    return sorted(found.values()), False


def last_name(target: bytes) -> bytes:
    """The name a target ends in; empty for one that ends in none, as ``..`` does."""
    name = target.rstrip(b"/").rpartition(b"/")[2]
    return b"" if name in (b".", b"..") else name


def destination(image: Image, position: int, path: bytes, target: bytes) -> bytes | None:
    """Where the symlink leads at a layer; None where it is not seen there, or leads nowhere."""
    try:
        row = lookup(image, position, path)
        if row.entry.kind is not Kind.SYMLINK or row.entry.linkname != target:
            return None
        return lookup(image, position, path, follow=True).path
    except NoSuchPath:
        return None


@lru_cache(CHAINS_KEPT)
def layer_symlinks(key: int, chain_id: str) -> tuple[tuple[bytes, bytes], ...]:
    """Path and target of every symlink in a chain's top layer."""
    chain = Chain.objects.select_related("layer").get(pk=key)
    rows = rows_of(chain, SYMLINKS, int(Kind.SYMLINK))
    return tuple(
        placed(chain, [(number, bytes(name), bytes(target or b"")) for number, name, target in rows])
    )


# --- rows ----------------------------------------------------------------------------------


def rows_of(chain: Chain, statement: str, *more: object) -> list[tuple[int, bytes, bytes]]:
    """Rows of the entries of a chain's layer."""
    first = chain.layer.first_entry
    with connection.cursor() as cursor:
        cursor.execute(statement, [first, first + chain.layer.entry_count, *more])
        return cursor.fetchall()


def placed(chain: Chain, rows: Iterable[tuple[int, bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Numbered names with their paths: the chain's directories hold entries in ranges."""
    rows = list(rows)
    if not rows:
        return
    ranges = sorted((first, path) for path, first, _ in directories_of(chain))
    firsts = [first for first, _ in ranges]
    for number, name, value in rows:
        yield join(ranges[bisect_right(firsts, number) - 1][1], name), value
