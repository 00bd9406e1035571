"""Raw deflate by the system's zlib, block by block: what Python's ``zlib`` cannot be asked for."""

import ctypes
from collections.abc import Iterator
from typing import Final, NamedTuple

from layers.oci.changeset.chunks import ChunkReader
from layers.oci.errors import MalformedLayer
from layers.oci.limits import KIB

Z_OK, Z_STREAM_END, Z_BUF_ERROR, Z_BLOCK = 0, 1, -5, 5
END_OF_BLOCK, LAST_BLOCK, UNUSED_BITS = 128, 64, 7
"""Parts of ``data_type`` (zlib.h, ``inflate``)."""
WINDOW_SIZE: Final = 32 * KIB
FEED: Final = 32 * KIB


class _Stream(ctypes.Structure):
    """``z_stream`` of zlib.h."""

    _fields_ = (
        ("next_in", ctypes.c_char_p),
        ("avail_in", ctypes.c_uint),
        ("total_in", ctypes.c_ulong),
        ("next_out", ctypes.c_void_p),
        ("avail_out", ctypes.c_uint),
        ("total_out", ctypes.c_ulong),
        ("msg", ctypes.c_char_p),
        ("state", ctypes.c_void_p),
        ("zalloc", ctypes.c_void_p),
        ("zfree", ctypes.c_void_p),
        ("opaque", ctypes.c_void_p),
        ("data_type", ctypes.c_int),
        ("adler", ctypes.c_ulong),
        ("reserved", ctypes.c_ulong),
    )


def _load() -> ctypes.CDLL | None:
    for name in ("libz.so.1", "libz.dylib"):
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


LIBZ: Final = _load()
"""``None`` on a machine without it: layers are then read from their start."""


class Block(NamedTuple):
    """The end of a deflate block, not the last of its member."""

    unused_bits: int
    """How many high bits of the last byte taken belong to the next block, 0 to 7."""
    unpacked: int
    """Bytes of output so far."""


class BlockInflater:
    """One member's deflate data, taken from ``source`` and thrown away once unpacked."""

    def __init__(self, source: ChunkReader, libz: ctypes.CDLL) -> None:
        self._source, self._libz = source, libz
        self._out = ctypes.create_string_buffer(256 * KIB)
        self._stream = _Stream()
        self.unpacked = 0
        version = ctypes.c_char_p(b"1.2.11")
        if libz.inflateInit2_(self._at(), -15, version, ctypes.sizeof(_Stream)) != Z_OK:
            raise MemoryError

    def blocks(self) -> Iterator[Block]:
        """Each block's end but the last; ``source`` then stands behind the data of all blocks so far."""
        try:
            while (result := self._inflate()) != Z_STREAM_END:
                if result not in (Z_OK, Z_BUF_ERROR):
                    raise MalformedLayer(
                        f"{self._source.where}: no good gzip data at byte {self._source.taken}"
                    )
                if self._stream.data_type & (END_OF_BLOCK | LAST_BLOCK) == END_OF_BLOCK:
                    yield Block(self._stream.data_type & UNUSED_BITS, self.unpacked)
        finally:
            self._libz.inflateEnd(self._at())

    def window(self) -> bytes:
        """The last output, at most 32 KiB: what the next block may refer back to."""
        window = ctypes.create_string_buffer(WINDOW_SIZE)
        size = ctypes.c_uint()
        self._libz.inflateGetDictionary(self._at(), window, ctypes.byref(size))
        return window.raw[: size.value]

    def _inflate(self) -> int:
        stream = self._stream
        data = self._source.take(FEED)
        stream.next_in = data
        stream.avail_in = len(data)
        stream.next_out = ctypes.addressof(self._out)
        stream.avail_out = len(self._out)
        result: int = self._libz.inflate(self._at(), Z_BLOCK)
        self._source.give_back(stream.avail_in)
        self.unpacked += len(self._out) - stream.avail_out
        return result

    def _at(self) -> object:
        return ctypes.byref(self._stream)
