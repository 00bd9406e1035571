"""Seek points: places of a packed layer at which unpacking can begin, in a format of our own.

Packed: a header (magic, count, sum of the rows), a row a point, then the windows,
each packed with zstd by itself, so that one point is read without the others.
"""

import struct
import zlib
from bisect import bisect_right
from itertools import pairwise
from typing import Final, NamedTuple

import zstandard

from layers.oci.limits import KIB, Limits

HEADER: Final = struct.Struct("<4sII")
ROW: Final = struct.Struct("<QQII")
MAGIC: Final = b"isp1"
POINTS: Final = 512
"""The most that are kept. At 32 KiB each they are 16 MiB at worst; a third of that is usual."""
WINDOW_SIZE: Final = 32 * KIB
UNBOUNDED: Final = 2**62
KNOWN_GOOD: Final = Limits(
    unpacked_size=UNBOUNDED, ratio=UNBOUNDED, ratio_floor=UNBOUNDED, frames=UNBOUNDED, zstd_window=2**31
)
"""For a layer that its import has held against the limits of its day."""


class SeekPoint(NamedTuple):
    """A place to begin at."""

    bit: int
    """Of the packed file: 8 times the byte, for zstd; anywhere, for gzip."""
    offset: int
    """Of the unpacked tar, in bytes."""
    window: bytes = b""
    """The bytes before ``offset`` that what follows may refer to."""


START: Final = SeekPoint(0, 0)


class SeekPoints:
    """Points made while a layer is unpacked once, ``spacing`` bytes or more apart.

    The spacing doubles each time they become too many.
    """

    def __init__(self, spacing: int) -> None:
        self.spacing = spacing
        self._rows: list[tuple[int, int, int, bytes]] = []
        self._last = 0

    def wants(self, offset: int) -> bool:
        """Whether a point at ``offset`` is far enough from the last."""
        return offset >= self._last + self.spacing

    def add(self, point: SeekPoint) -> None:
        window = zstandard.compress(point.window) if point.window else b""
        self._rows.append((point.bit, point.offset, len(point.window), window))
        self._last = point.offset
        if len(self._rows) > POINTS:
            del self._rows[::2]
            self.spacing *= 2

    def pack(self) -> bytes:
        """The points, for :func:`nearest`; those of a layer too small to have any pack to a header."""
        at, rows = HEADER.size + ROW.size * len(self._rows), []
        for bit, offset, _, window in self._rows:
            at += len(window)
            rows.append(ROW.pack(bit, offset, at - len(window), len(window)))
        table = b"".join(rows)
        head = HEADER.pack(MAGIC, len(rows), zlib.crc32(table))
        return head + table + b"".join(row[3] for row in self._rows)


NO_POINTS: Final = SeekPoints(0).pack()


def is_whole(packed: bytes) -> bool:
    """Whether ``packed`` is what :meth:`SeekPoints.pack` made, as far as its rows tell."""
    if len(packed) < HEADER.size:
        return False
    magic, count, checksum = HEADER.unpack_from(packed)
    table = memoryview(packed)[HEADER.size : HEADER.size + ROW.size * count]
    return bool(magic == MAGIC and len(table) == ROW.size * count and zlib.crc32(table) == checksum)


def offsets(packed: bytes) -> list[int]:
    """The offset in the tar of each point, ascending."""
    count = HEADER.unpack_from(packed)[1]
    table = memoryview(packed)[HEADER.size : HEADER.size + ROW.size * count]
    return [row[1] for row in ROW.iter_unpack(table)]


def nearest(packed: bytes | None, offset: int) -> SeekPoint:
    """The last point at or before ``offset``: the start of the layer where there is none."""
    if not packed or not is_whole(packed):
        return START
    index = bisect_right(offsets(packed), offset) - 1
    if index < 0:
        return START
    bit, found, at, size = ROW.unpack_from(packed, HEADER.size + ROW.size * index)
    window = packed[at : at + size]
    return SeekPoint(bit, found, zstandard.decompress(window, WINDOW_SIZE) if window else b"")


def widest_gap(packed: bytes, size: int) -> int:
    """The most that must be unpacked in vain to reach some byte of a tar of ``size`` bytes."""
    return max(after - before for before, after in pairwise([0, *offsets(packed), size]))
