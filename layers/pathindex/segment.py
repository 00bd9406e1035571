"""Writes a segment: takes paths in order and hands out its rows as they are ready."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from layers.pathindex.block import PATHS_A_BLOCK, Group, Item, pack_places, pack_text, spelled
from layers.pathindex.postings import END, PostingsWriter, grams


class BlockRow(NamedTuple):
    """A packed block and its number in the segment."""

    number: int
    text: bytes
    places: bytes


class SegmentWriter:
    """One segment on its way; a path's ordinal is its block's number times 128, plus its place there."""

    def __init__(self, write: Callable[[BlockRow], object]) -> None:
        """``write`` is called with each block as soon as it is full."""
        self._write = write
        self._names = PostingsWriter()
        self._directories = PostingsWriter()
        self._groups: list[tuple[bytes, list[Item]]] = []
        self._filled = 0
        self.block_count = 0
        self.path_count = 0
        """Paths taken; the next one has this ordinal."""

    def add(self, directory: bytes, items: Sequence[Item]) -> None:
        """Take the names of a directory; directories come in order, and names in theirs."""
        at = 0
        while at < len(items):
            some = items[at : at + PATHS_A_BLOCK - self._filled]
            self._groups.append((directory, list(some)))
            self._filled += len(some)
            self.path_count += len(some)
            at += len(some)
            if self._filled == PATHS_A_BLOCK:
                self._flush()

    def finish(self) -> None:
        """Write what is left."""
        if self._filled:
            self._flush()

    def _flush(self) -> None:
        self._names.add(name_grams(self._groups))
        self._directories.add(directory_grams(self._groups))
        self._write(BlockRow(self.block_count, pack_text(self._groups), pack_places(self._groups)))
        self.block_count += 1
        self._groups, self._filled = [], 0

    def name_postings(self) -> Iterator[tuple[bytes, bytes]]:
        """Grams of names, each with its packed list of blocks; once all is written."""
        return self._names.packed()

    def directory_postings(self) -> Iterator[tuple[bytes, bytes]]:
        """The same of directories."""
        return self._directories.packed()


FIRST_OF_NAME: Final = b"/"


def name_grams(groups: Sequence[Group]) -> set[bytes]:
    """The grams of all names in a block; a name begins with a slash."""
    found: set[bytes] = set()
    for _, items in groups:
        for name, _ in items:
            found |= grams(FIRST_OF_NAME + name.lower() + END)
    return found


def directory_grams(groups: Sequence[Group]) -> set[bytes]:
    """The grams of all directories in a block."""
    found: set[bytes] = set()
    for directory, _ in groups:
        found |= grams(spelled(directory).lower() + END)
    return found
