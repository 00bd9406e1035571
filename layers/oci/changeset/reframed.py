"""A reframed layer: its tar in zstd frames of 1 MiB, with their seek points behind them.

Made to be read anywhere, and thrown away; every frame has a checksum, and the
end of the file is the last to be written, so damage shows.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import zstandard

from layers.oci.changeset.chunks import cut, read_at, size_of, skip
from layers.oci.changeset.seekpoints import SeekPoint, SeekPoints, is_whole, nearest
from layers.oci.changeset.zstdseek import unpack_zstd_from
from layers.oci.errors import MalformedLayer
from layers.oci.limits import MIB

FRAME_SIZE: Final = MIB
LEVEL: Final = 1
TAIL: Final = struct.Struct("<QQ4s")
MAGIC: Final = b"irf1"


def write_reframed(pieces: Iterable[bytes], out: BinaryIO) -> None:
    """Write the tar in ``pieces`` to ``out``."""
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    points = SeekPoints(FRAME_SIZE)
    packed_size = offset = 0
    for block in _blocks(pieces):
        if points.wants(offset):
            points.add(SeekPoint(packed_size * 8, offset))
        packed_size += out.write(compressor.compress(block))
        offset += len(block)
    packed_points = points.pack()
    out.write(packed_points + TAIL.pack(packed_size, len(packed_points), MAGIC))


def read_reframed(file: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    """``size`` bytes of the tar from ``offset`` on, in pieces.

    Raises ``MalformedLayer`` where the file is damaged.
    """
    end = size_of(file) - TAIL.size
    tail = read_at(file, end, TAIL.size) if end >= 0 else bytes(TAIL.size)
    packed_size, points_size, magic = TAIL.unpack(tail)
    if magic != MAGIC or packed_size + points_size != end:
        raise MalformedLayer("the reframed layer has no end")
    packed_points = read_at(file, packed_size, points_size)
    if not is_whole(packed_points):
        raise MalformedLayer("the reframed layer has no seek points")
    point = nearest(packed_points, offset)
    yield from cut(skip(unpack_zstd_from(file, packed_size, point), offset - point.offset), size)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= FRAME_SIZE:
            yield bytes(held[:FRAME_SIZE])
            del held[:FRAME_SIZE]
    if held:
        yield bytes(held)
