"""Random access into a stored layer, whatever it is packed with."""

import os
from collections.abc import Iterator
from typing import BinaryIO, Final

from layers.oci.changeset.chunks import cut, read_chunks, skip
from layers.oci.changeset.compression import Compression
from layers.oci.changeset.gzipseek import gzip_seek_points, unpack_gzip_from
from layers.oci.changeset.libz import LIBZ
from layers.oci.changeset.seekpoints import nearest
from layers.oci.changeset.zstdseek import unpack_zstd_from, zstd_seek_points
from layers.oci.errors import MalformedLayer

UNPACK_FROM: Final = {"gzip": unpack_gzip_from, "zstd": unpack_zstd_from}


def build_seek_points(file: BinaryIO, compression: Compression) -> bytes | None:
    """The seek points of the layer in ``file``, packed: what :func:`read_range` takes.

    Few or none where the layer is small, plain, or packed in a single zstd frame.
    ``None`` where this machine lacks what it takes to make them (gzip: zlib).
    """
    if compression == "gzip":
        return gzip_seek_points(file, size_of(file), LIBZ) if LIBZ else None
    return zstd_seek_points(file, size_of(file)) if compression == "zstd" else b""


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


def size_of(file: BinaryIO) -> int:
    """Bytes of the file; its position is left alone."""
    try:
        return os.fstat(file.fileno()).st_size
    except OSError:
        here = file.tell()
        size = file.seek(0, os.SEEK_END)
        file.seek(here)
        return size
