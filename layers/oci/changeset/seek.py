"""Random access into a stored layer, whatever it is packed with."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from layers.oci.changeset.chunks import cut, read_chunks, size_of, skip
from layers.oci.changeset.compression import Compression
from layers.oci.changeset.gzipseek import gzip_seek_points, unpack_gzip_from
from layers.oci.changeset.libz import LIBZ
from layers.oci.changeset.seekpoints import NO_POINTS, nearest
from layers.oci.changeset.zstdseek import unpack_zstd_from, zstd_seek_points
from layers.oci.errors import MalformedLayer

UNPACK_FROM: Final = {"gzip": unpack_gzip_from, "zstd": unpack_zstd_from}


def build_seek_points(file: BinaryIO, compression: Compression) -> bytes:
    """The seek points of the layer in ``file``, packed: what :func:`read_range` takes.

    There are none in it where the layer is small, plain, or packed in a single
    zstd frame, and where this machine lacks what it takes to make them (zlib, for gzip).
    """
    if compression == "gzip" and LIBZ:
        return gzip_seek_points(file, size_of(file), LIBZ)
    return zstd_seek_points(file, size_of(file)) if compression == "zstd" else NO_POINTS


def read_range(
    file: BinaryIO, compression: Compression, seek_points: bytes | None, offset: int, size: int
) -> Iterator[bytes]:
    """``size`` bytes of the tar from ``offset`` on, in pieces.

    The layer is one an import has accepted. Without seek points it is unpacked
    from its start. Raises ``MalformedLayer`` where the stored bytes are damaged.
    """
    if compression == "plain":
        yield from read_chunks(file, offset, size)
        return
    point = nearest(seek_points, offset)
    pieces = UNPACK_FROM[compression](file, size_of(file), point)
    found = 0
    for piece in cut(skip(pieces, offset - point.offset), size):
        found += len(piece)
        yield piece
    if found < size:
        raise MalformedLayer(f"the stored layer ends at byte {offset + found}, {size - found} bytes early")
