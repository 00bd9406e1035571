"""Whether seek points lead where they say: held against the layer, unpacked from its start."""

from collections.abc import Iterator
from typing import BinaryIO, Final

import zstandard

from layers.oci.changeset.chunks import ChunkReader, cut, read_chunks, size_of
from layers.oci.changeset.compression import Compression, decompressed
from layers.oci.changeset.seek import UNPACK_FROM
from layers.oci.changeset.seekpoints import KNOWN_GOOD, WINDOW_SIZE, is_whole, nearest, offsets
from layers.oci.errors import MalformedLayer
from layers.oci.limits import KIB

SAMPLE_SIZE: Final = 64 * KIB
"""More than the window that what follows a point may refer to."""


def points_hold(file: BinaryIO, compression: Compression, packed: bytes) -> bool:
    """Whether unpacking at each point gives what unpacking from the start does.

    Raises:
        MalformedLayer: the layer itself is damaged.
    """
    if not is_whole(packed):
        return False
    for offset, before, after in samples(file, compression, offsets(packed)):
        try:
            point = nearest(packed, offset)
            if point.offset != offset or not before.endswith(point.window):
                return False
            pieces = UNPACK_FROM[compression](file, size_of(file), point)
            if b"".join(cut(pieces, len(after))) != after:
                return False
        except (MalformedLayer, zstandard.ZstdError):
            return False
    return True


def samples(
    file: BinaryIO, compression: Compression, places: list[int]
) -> Iterator[tuple[int, bytes, bytes]]:
    """Each place, and the bytes of the tar before and after it."""
    chunks = decompressed(read_chunks(file, 0, size_of(file)), compression, KNOWN_GOOD, "the layer")
    tar = ChunkReader(chunks, "the layer")
    held, start = b"", 0
    for place in places:
        while start + len(held) < place + SAMPLE_SIZE and not tar.at_end():
            held += tar.take(SAMPLE_SIZE)
            surplus = len(held) - (WINDOW_SIZE + SAMPLE_SIZE + SAMPLE_SIZE)
            if surplus > 0 and start + surplus + WINDOW_SIZE <= place:
                held, start = held[surplus:], start + surplus
        at = place - start
        yield place, held[max(at - WINDOW_SIZE, 0) : at], held[at : at + SAMPLE_SIZE]
