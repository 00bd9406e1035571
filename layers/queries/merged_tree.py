"""An image's merged tree, read ahead: many directories at once, in the order they will be asked for."""

import gc
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from django.db import connection

from layers.models import Chain, Image
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join
from layers.oci.unionfs.tree import Children
from layers.queries.directories import DirectoryRow, entries_between, load_directory, shining_through
from layers.queries.tree import lookup

FIRST_BATCH: Final = 32
"""Directories that are read at first: the beginning of an answer should not wait for the rest."""
LARGEST_BATCH: Final = 400
GAP: Final = 40
"""Entries that are read in vain sooner than another range is."""
IN_CHAINS: Final = "SELECT path FROM layers_directory WHERE id >= %s AND id < %s"
BY_PATH: Final = (
    "SELECT path, chain_id, id, first_entry, entry_count, cut, gone, subtree_size, subtree_count,"
    " added, changed, deleted, first_change, change_count"
    " FROM layers_directory WHERE path IN ({}) AND chain_id IN ({})"
)

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


class MergedTree:
    """Directories of the merged tree of an image up to a layer.

    ``children`` is quick for those in ``ahead`` when it is asked in their order;
    any other directory is read by itself.
    """

    def __init__(self, image: Image, position: int, ahead: Sequence[bytes] = ()) -> None:
        self._image = image
        self._lineage: list[int] = image.chain.lineage[: position + 1] if image.chain is not None else []
        self._ahead = ahead
        self._places = {path: place for place, path in enumerate(ahead)}
        self._batch = FIRST_BATCH
        self._read: dict[bytes, Children | None] = {}
        self.entry_count = 0
        """How many entries have been read so far."""

    def children(self, path: bytes) -> Children | None:
        """A directory by name, each hard link as what it links to; None where there is no directory."""
        if path in self._places and path not in self._read:
            self._read_from(self._places[path])
        if path in self._read:
            return self._read.pop(path)
        loaded = load_directory(self._lineage, path)
        return None if loaded is None else self._linked(path, loaded.children)

    def _read_from(self, place: int) -> None:
        """Read a batch of directories; those of the batch before that nobody asked for are forgotten."""
        paths = self._ahead[place : place + self._batch]
        self._batch = min(2 * self._batch, LARGEST_BATCH)
        rows_of = _rows_of(self._lineage, paths)
        seen = {path: shining_through(rows_of.get(path, ())) for path in paths}
        entries = _entries_of(row for rows in seen.values() for row in rows)
        self.entry_count += sum(map(len, entries.values()))
        self._read = {
            path: self._linked(path, _merged(rows, entries)) if rows else None for path, rows in seen.items()
        }

    def _linked(self, path: bytes, children: Children) -> Children:
        """A hard link to a lower layer is what it links to."""
        for name, entry in children.items():
            if entry.kind is Kind.HARDLINK:
                children[name] = lookup(self._image, len(self._lineage) - 1, join(path, name)).entry
        return children


def _rows_of(lineage: Sequence[int], paths: Sequence[bytes]) -> Mapping[bytes, list[DirectoryRow]]:
    """The rows of directories, by path, each newest first."""
    found: dict[bytes, list[DirectoryRow]] = {}
    if not lineage:
        return found
    positions = {chain: position for position, chain in enumerate(lineage)}
    marks, chains = ", ".join(["%s"] * len(paths)), ", ".join(["%s"] * len(lineage))
    with connection.cursor() as cursor:
        cursor.execute(BY_PATH.format(marks, chains), [*paths, *lineage])
        for path, chain, *values in cursor.fetchall():
            found.setdefault(bytes(path), []).append(DirectoryRow(positions[chain], *values))
    for rows in found.values():
        rows.sort(reverse=True)
    return found


def _entries_of(rows: Iterable[DirectoryRow]) -> dict[Range, list[Entry]]:
    """The entries of each row, read in as few ranges as there are runs of neighbours."""
    ranges = sorted({(row.first_entry, row.entry_count) for row in rows if row.entry_count})
    found: dict[Range, list[Entry]] = {}
    run: list[Range] = []
    for each in ranges:
        if run and each[0] > sum(run[-1]) + GAP:
            found.update(_read_run(run))
            run = []
        run.append(each)
    if run:
        found.update(_read_run(run))
    return found


def _read_run(run: Sequence[Range]) -> dict[Range, list[Entry]]:
    entries = list(entries_between(run[0][0], sum(run[-1])))
    numbers = [entry.number for entry in entries]
    starts = [bisect_left(numbers, first) for first, _ in run]
    return {each: entries[start : start + each[1]] for each, start in zip(run, starts, strict=True)}


def _merged(rows: Sequence[DirectoryRow], entries: Mapping[Range, list[Entry]]) -> Children:
    """The entries of visible rows, newest first."""
    found: Children = {}
    for row in reversed(rows):
        for entry in entries.get((row.first_entry, row.entry_count), ()):
            if entry.kind is Kind.WHITEOUT:
                found.pop(entry.name, None)
            else:
                found[entry.name] = entry
    return found
