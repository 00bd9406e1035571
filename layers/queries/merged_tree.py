"""Two merged trees, read ahead: many directories at once, in the order they will be asked for."""

import gc
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from django.db import connection

from layers.models import Chain, Image
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join
from layers.oci.unionfs.tree import Children
from layers.queries.directories import entries_between, load_directory
from layers.queries.tree import lineage_of, lookup

FIRST_BATCH: Final = 16
"""Directories that are read at first: the beginning of an answer should not wait for the rest."""
LARGEST_BATCH: Final = 400
GAP: Final = 40
"""Entries that are read in vain sooner than another range is."""
IN_CHAINS: Final = "SELECT path FROM layers_directory WHERE id >= %s AND id < %s"
BY_PATH: Final = (
    "SELECT path, chain_id, first_entry, entry_count, cut, gone"
    " FROM layers_directory WHERE path IN ({}) AND chain_id IN ({})"
)

Top = tuple[Image, int]
"""An image, and the layer up to which it counts."""
Piece = tuple[int, int, int, bool, bool]
"""What a chain has of a directory: the chain, the first entry, how many, whether it is cut, and gone."""
Range = tuple[int, int]
"""The first entry, and how many."""


def touched_directories(chains: Iterable[Chain]) -> set[bytes]:
    """Every directory that one of the chains' own layers touches, with all above it."""
    found: set[bytes] = set()
    with connection.cursor() as cursor:
        for chain in chains:
            first = chain.first_directory
            cursor.execute(IN_CHAINS, [first, first + chain.directory_count])
            found.update(bytes(path) for (path,) in cursor.fetchall())
    return found


def walking_order(path: bytes) -> bytes:
    """The key that sorts paths as a walk meets them: a directory, what is below it, the next name."""
    return path.replace(b"/", b"\0")


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection, which would visit every entry again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class MergedTrees:
    """Directories of the merged trees of two lineages, read ahead; what both have is read once.

    ``before`` and ``after`` are quick for those in ``ahead`` when they are asked in their order;
    any other directory is read by itself. The rows of a chain are those of all that stand on it.
    """

    def __init__(self, before: Top, after: Top, ahead: Sequence[bytes]) -> None:
        self._tops = (before, after)
        self._lineages = tuple(lineage_of(image, position) for image, position in self._tops)
        self._chains = tuple(map(frozenset, self._lineages))
        self._position = {chain: position for each in self._lineages for position, chain in enumerate(each)}
        self._ahead = ahead
        self._places = {path: place for place, path in enumerate(ahead)}
        self._batch = FIRST_BATCH
        self._visible: dict[bytes, tuple[list[Range], ...]] = {}
        self._entries: dict[Range, list[Entry]] = {}
        self.entry_count = 0
        """How many entries have been read so far."""

    def __len__(self) -> int:
        """How many directories it knows of."""
        return len(self._ahead)

    def before(self, path: bytes) -> Children | None:
        """A directory by name, each hard link as what it links to; None where there is no directory."""
        return self._children(0, path)

    def after(self, path: bytes) -> Children | None:
        """The same of the other tree."""
        return self._children(1, path)

    def forget(self) -> None:
        """Let go of what has been read ahead: it is read again if it is asked for."""
        self._visible, self._entries = {}, {}

    def _children(self, tree: int, path: bytes) -> Children | None:
        if path in self._places and path not in self._visible:
            self._read_from(self._places[path])
        if path in self._visible:
            ranges = self._visible[path][tree]
            return self._linked(tree, path, _merged(ranges, self._entries)) if ranges else None
        loaded = load_directory(self._lineages[tree], path)
        return None if loaded is None else self._linked(tree, path, loaded.children)

    def _read_from(self, place: int) -> None:
        """Read a batch of directories; those of the batch before are forgotten."""
        paths = self._ahead[place : place + self._batch]
        self._batch = min(2 * self._batch, LARGEST_BATCH)
        pieces = self._pieces(paths)
        self._visible = {
            path: tuple(_shining_through(pieces.get(path, ()), chains) for chains in self._chains)
            for path in paths
        }
        self._entries = _entries_of(
            each for ranges in self._visible.values() for both in ranges for each in both
        )
        self.entry_count += sum(map(len, self._entries.values()))

    def _pieces(self, paths: Sequence[bytes]) -> Mapping[bytes, list[Piece]]:
        """What each chain of either tree has of the directories, by path, the newest first."""
        found: dict[bytes, list[Piece]] = {}
        if not self._position:
            return found
        marks, chains = (", ".join(["%s"] * len(each)) for each in (paths, self._position))
        with connection.cursor() as cursor:
            cursor.execute(BY_PATH.format(marks, chains), [*paths, *self._position])
            for path, *piece in cursor.fetchall():
                found.setdefault(bytes(path), []).append(piece)
        for pieces in found.values():
            pieces.sort(key=lambda piece: -self._position[piece[0]])
        return found

    def _linked(self, tree: int, path: bytes, children: Children) -> Children:
        """A hard link to a lower layer is what it links to."""
        for name, entry in children.items():
            if entry.kind is Kind.HARDLINK:
                children[name] = lookup(*self._tops[tree], join(path, name)).entry
        return children


def _shining_through(pieces: Iterable[Piece], chains: Container[int]) -> list[Range]:
    """The entries of a directory that can be seen at the top of the chains; none if it is none now."""
    visible: list[Range] = []
    for chain, first, count, cut, gone in pieces:
        if chain not in chains:
            continue
        if gone:
            break
        visible.append((first, count))
        if cut:
            break
    return visible


def _entries_of(ranges: Iterable[Range]) -> dict[Range, list[Entry]]:
    """The entries of each range, read in as few as there are runs of neighbours."""
    found: dict[Range, list[Entry]] = {}
    run: list[Range] = []
    for each in sorted({each for each in ranges if each[1]}):
        if run and each[0] > sum(run[-1]) + GAP:
            found.update(_read_run(run))
            run = []
        run.append(each)
    if run:
        found.update(_read_run(run))
    return found


def _read_run(run: Sequence[Range]) -> dict[Range, list[Entry]]:
    entries = entries_between(run[0][0], sum(run[-1]))
    numbers = [entry.number for entry in entries]
    starts = [bisect_left(numbers, first) for first, _ in run]
    return {each: entries[start : start + each[1]] for each, start in zip(run, starts, strict=True)}


def _merged(ranges: Sequence[Range], entries: Mapping[Range, list[Entry]]) -> Children:
    """The entries of visible ranges, newest first."""
    found: Children = {
        entry.name: entry for entry in entries.get(ranges[-1], ()) if entry.kind is not Kind.WHITEOUT
    }
    for each in reversed(ranges[:-1]):
        for entry in entries.get(each, ()):
            if entry.kind is Kind.WHITEOUT:
                found.pop(entry.name, None)
            else:
                found[entry.name] = entry
    return found
