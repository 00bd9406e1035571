"""Where two contents differ, byte by byte: rows of sixteen, one side under the other."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from layers.oci.changeset.chunks import ChunkReader
from layers.views.hexdump import ROW, HexRow, row
from layers.views.readers import Reader

BLOCK = 64 * 1024
ROWS = 128
"""Rows that differ on one page."""
SCAN_SIZE = 64 * 2**20
"""Bytes looked through for one page."""
ALIGN_SIZE = 4 * 2**20
"""Bytes of each side up to which it is asked whether what follows a difference only moved."""
MOVED_SIZE = 2 * ROW
"""As much must be the same at the end for it to count as moved."""

Pieces = list[tuple[bool, str]]
"""A half of a row in hex, in pieces: whether they differ from the other side."""


class HexSide(NamedTuple):
    """One side of a row that differs."""

    left: Pieces
    right: Pieces
    text: Pieces


class HexPair(NamedTuple):
    """A row of the comparison: ``same`` on both sides, or a ``before`` and an ``after``, or a fold."""

    offset: str
    same: HexRow | None = None
    before: HexSide | None = None
    after: HexSide | None = None
    skipped: int = 0
    """Bytes left out, the same on both sides."""


class HexDifference(NamedTuple):
    """A page of rows that differ, with a row before and after each."""

    rows: list[HexPair]
    first: int | None
    """The first byte at or after where the page starts that differs."""
    next_offset: int | None
    """Where to look for more; ``None`` where both were looked through to their ends."""
    moved: int = 0
    """Bytes at the end that are the same on both sides, though not at the same offset."""
    moved_by: int = 0
    """How much further on they stand on the right."""

    @property
    def moved_back(self) -> int:
        return -self.moved_by


def differing(before: Reader | None, after: Reader | None, start: int = 0) -> HexDifference:
    """The rows from ``start`` on in which two contents differ; an end that only moved is left out."""
    moved = moved_end(before, after)
    page, at = Page(start - start % ROW), start - start % ROW
    for old, new in zip_longest(blocks(before, at, moved), blocks(after, at, moved), fillvalue=b""):
        full = page.take(at, old, new)
        at += max(len(old), len(new))
        if full or at - start >= SCAN_SIZE:
            return page.closed(at if full is None else full)
    found = page.closed(at)._replace(next_offset=None)
    if moved and before is not None and after is not None:
        return found._replace(moved=moved, moved_by=after.size - before.size)
    return found


def moved_end(before: Reader | None, after: Reader | None) -> int:
    """How many bytes at the end are the same, where something was put in or taken out before them."""
    if before is None or after is None or before.size == after.size:
        return 0
    if max(before.size, after.size) > ALIGN_SIZE:
        return 0
    old, new = before.read(0, before.size), after.read(0, after.size)
    room = min(len(old), len(new)) - same_size(old, new)
    size = min(room, same_size(old[::-1], new[::-1]))
    return size if size >= MOVED_SIZE else 0


def same_size(old: bytes, new: bytes) -> int:
    """How many bytes at the beginning are the same on both sides."""
    at, end = 0, min(len(old), len(new))
    while at < end and old[at : at + BLOCK] == new[at : at + BLOCK]:
        at += BLOCK
    return min(end, at + first_difference(old[at : at + BLOCK], new[at : at + BLOCK]))


class Page:
    """Rows that differ, taken in order, and of what lies between them the first row and the last."""

    def __init__(self, start: int) -> None:
        self.rows: list[HexPair] = []
        self.first: int | None = None
        self.shown = 0
        self.end = start
        """Where the last row ended."""
        self.after = b""
        """What stands there, if that row differed."""
        self.last = b""
        """The end of the last block."""

    def take(self, at: int, old: bytes, new: bytes) -> int | None:
        """Look through a block; where the page is full in its middle, the offset of the next row."""
        longer = max(old, new, key=len)
        self.after = self.after or longer[:ROW] * (self.end == at and self.shown > 0)
        for n in range(0, len(longer), ROW) if old != new else ():
            row_old, row_new = old[n : n + ROW], new[n : n + ROW]
            if row_old == row_new:
                continue
            if self.shown == ROWS:
                return at + n
            self.same_until(at + n, longer[n - ROW : n] if n else self.last)
            self.differs(at + n, row_old, row_new)
            self.after = longer[n + ROW : n + 2 * ROW]
        self.last = longer[-ROW:]
        return None

    def differs(self, at: int, old: bytes, new: bytes) -> None:
        if self.first is None:
            self.first = at + first_difference(old, new)
        self.rows.append(pair(old, new, at))
        self.shown, self.end = self.shown + 1, at + ROW

    def same_until(self, at: int, before: bytes = b"") -> None:
        """Rows for the bytes up to ``at``, of which ``before`` are the last."""
        if self.after and self.end < at:
            self.same(self.after)
        tail = at - ROW if before and self.end <= at - ROW else at
        if self.end < tail:
            self.rows.append(HexPair(f"{self.end:08x}", skipped=tail - self.end))
            self.end = tail
        if self.end < at and before:
            self.same(before)

    def same(self, data: bytes) -> None:
        self.rows.append(HexPair(f"{self.end:08x}", same=row(data, self.end)))
        self.end += ROW

    def closed(self, at: int) -> HexDifference:
        """What was found, looked through up to ``at``."""
        self.same_until(at)
        return HexDifference(self.rows, self.first, at)


def blocks(reader: Reader | None, start: int, without: int) -> Iterator[bytes]:
    """The bytes from ``start`` on, but for the last ones, in blocks of one size but for the last."""
    left = max(0, reader.size - without - start) if reader else 0
    if reader is None or not left:
        return
    stream = ChunkReader(reader.chunks(start), "the content")
    while left:
        yield stream.exactly(min(BLOCK, left))
        left -= min(BLOCK, left)


def pair(old: bytes, new: bytes, offset: int) -> HexPair:
    """A row that differs, with the bytes that do marked on either side; no side where there are no bytes."""
    before = side(old, new) if old else None
    return HexPair(f"{offset:08x}", before=before, after=side(new, old) if new else None)


def side(data: bytes, other: bytes) -> HexSide:
    marks = [n >= len(other) or byte != other[n] for n, byte in enumerate(data)]
    cells = [f"{byte:02x}" for byte in data]
    characters = [chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data]
    return HexSide(
        pieces(cells[:8], marks[:8], " "), pieces(cells[8:], marks[8:], " "), pieces(characters, marks, "")
    )


def pieces(cells: list[str], marks: list[bool], gap: str) -> Pieces:
    """Neighbours of one kind joined; a gap is marked between two that are.

    >>> pieces(["61", "62", "63"], [False, True, True], " ")
    [(False, '61 '), (True, '62 63')]
    """
    found: list[tuple[bool, str]] = []
    for cell, mark in zip(cells, marks, strict=True):
        if found and found[-1][0] == mark:
            found[-1] = (mark, found[-1][1] + gap + cell)
        elif found and mark:
            found[-1] = (False, found[-1][1] + gap)
            found.append((True, cell))
        else:
            found.append((mark, (gap if found else "") + cell))
    return found


def first_difference(old: bytes, new: bytes) -> int:
    size = min(len(old), len(new))
    return next((n for n in range(size) if old[n] != new[n]), size)
