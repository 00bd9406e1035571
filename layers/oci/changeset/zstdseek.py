"""Random access into zstd: at the start of every frame.

A layer of one large frame has no such place: see ``reframed``.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from layers.oci.changeset.chunks import ChunkReader, read_chunks
from layers.oci.changeset.compression import zstd_content
from layers.oci.changeset.seekpoints import KNOWN_GOOD, SeekPoint, SeekPoints
from layers.oci.changeset.zstdframes import Frame, each_frame
from layers.oci.limits import KIB, MIB

SPACING: Final = MIB
READ_SIZE: Final = 128 * KIB


def zstd_seek_points(file: BinaryIO, size: int, spacing: int = SPACING) -> bytes:
    """The seek points of the zstd layer in the first ``size`` bytes of ``file``, packed.

    Unpacks only frames that do not tell their size, and nothing where there is one alone.
    """
    points = SeekPoints(spacing)
    if _frame_count(file, size) > 1:
        unpacked = 0
        for frame in each_frame(_reader(file, 0, size), KNOWN_GOOD):
            if points.wants(unpacked):
                points.add(SeekPoint(frame.start * 8, unpacked))
            unpacked += _content_size(frame)
    return points.pack()


def unpack_zstd_from(file: BinaryIO, size: int, point: SeekPoint) -> Iterator[bytes]:
    """The tar from ``point`` to its end, in pieces."""
    return zstd_content(_reader(file, point.bit // 8, size), KNOWN_GOOD)


def _reader(file: BinaryIO, start: int, size: int) -> ChunkReader:
    return ChunkReader(read_chunks(file, start, size - start, READ_SIZE), "the stored layer")


def _frame_count(file: BinaryIO, size: int) -> int:
    """Frames that hold something."""
    count = 0
    for frame in each_frame(_reader(file, 0, size), KNOWN_GOOD):
        for _ in frame.slices:
            pass
        count += frame.content_size != 0
    return count


def _content_size(frame: Frame) -> int:
    if frame.content_size is None:
        return sum(map(len, zstd_content(ChunkReader(frame.slices, "the stored layer"), KNOWN_GOOD)))
    for _ in frame.slices:
        pass
    return frame.content_size
