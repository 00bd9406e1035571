"""Random access into gzip: places between two blocks, each with the 32 KiB before it."""

import ctypes
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final

from isal import igzip_lib

from layers.oci.changeset.chunks import ChunkReader, read_chunks, skip
from layers.oci.changeset.compression import Unpacker, member, members
from layers.oci.changeset.gzipheader import take_gzip_header
from layers.oci.changeset.libz import BlockInflater
from layers.oci.changeset.seekpoints import KNOWN_GOOD, WINDOW_SIZE, SeekPoint, SeekPoints
from layers.oci.limits import KIB, MIB

SPACING: Final = 2 * MIB
READ_SIZE: Final = 64 * KIB
TRAILER_SIZE: Final = 8

EMPTY_BLOCK: Final = "0100000000"
"""A deflate block (RFC 1951, 3.2.3 and 3.2.6) with nothing in it: 10 bits."""
COPYING_BLOCK: Final = "01000000011110111111111111110000000"
"""One that repeats the 3 bytes 32 KiB back: 35 bits, the shortest way to an odd number."""
COPIED: Final = 3


def gzip_seek_points(file: BinaryIO, size: int, libz: ctypes.CDLL, spacing: int = SPACING) -> bytes:
    """The seek points of the gzip layer in the first ``size`` bytes of ``file``, packed.

    Unpacks all of it once. Checksums are not looked at: the import did.
    """
    source = ChunkReader(read_chunks(file, 0, size), "the stored layer")
    points = SeekPoints(spacing)
    unpacked = 0
    while not source.at_end():
        if points.wants(unpacked):
            points.add(SeekPoint(source.taken * 8, unpacked))
        take_gzip_header(source)
        unpacked += _add_member(points, BlockInflater(source, libz), source, unpacked)
        source.exactly(TRAILER_SIZE)
        source.skip_zeros()
    return points.pack()


def _add_member(points: SeekPoints, inflater: BlockInflater, source: ChunkReader, before: int) -> int:
    for block in inflater.blocks():
        if points.wants(before + block.unpacked):
            bit = source.taken * 8 - block.unused_bits
            points.add(SeekPoint(bit, before + block.unpacked, inflater.window()))
    return inflater.unpacked


def unpack_gzip_from(file: BinaryIO, size: int, point: SeekPoint) -> Iterator[bytes]:
    """The tar from ``point`` to its end, in pieces."""
    start, bits = divmod(point.bit, 8)
    source = ChunkReader(read_chunks(file, start, size - start, READ_SIZE), "the stored layer")
    if point.window:
        yield from _rest_of_member(source, point.window.rjust(WINDOW_SIZE, b"\0"), bits)
        source.exactly(TRAILER_SIZE)
        source.skip_zeros()
    if not source.at_end():
        yield from members(source, "gzip", KNOWN_GOOD)


def _rest_of_member(source: ChunkReader, window: bytes, bits: int) -> Iterator[bytes]:
    """What follows a point whose block begins ``bits`` bits into the next byte.

    Blocks that stand for nothing take the place of those bits: so the data need
    not be shifted, and ends at the byte where the file has its end.
    """
    filling = ""
    if bits % 2:
        window, filling = window[-COPIED:] + window[:-COPIED], COPYING_BLOCK
    while len(filling) % 8 != bits:
        filling += EMPTY_BLOCK
    unpacker: Unpacker = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE, 15, window)
    head = unpacker.decompress(_filled(filling, source)) if filling else b""
    yield from skip(chain([head], member(source, "gzip", unpacker)), COPIED if bits % 2 else 0)


def _filled(filling: str, source: ChunkReader) -> bytes:
    """``filling``, first bit first, then the bits that are left of the next byte."""
    own_bits = len(filling) % 8
    rest = source.exactly(1)[0] >> own_bits << own_bits
    number = int(filling[::-1], 2) | rest << (len(filling) - own_bits)
    return number.to_bytes(len(filling) // 8 + 1, "little")
