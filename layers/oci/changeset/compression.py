"""Compression: what a stream is packed with, and the bytes inside it.

Nothing here holds more than a few MiB, whatever the stream claims: pieces come
out as large as :data:`PIECE_SIZE` at most, and a bomb stops at the limits.
"""

import bz2
import itertools
import lzma
from collections.abc import Iterable, Iterator
from typing import Final, Literal, Protocol, cast

import zstandard
from isal import igzip_lib

from layers.oci.changeset.chunks import ChunkReader
from layers.oci.changeset.gzipheader import take_gzip_header
from layers.oci.changeset.zstdframes import checked_frames
from layers.oci.errors import LimitExceeded, MalformedLayer
from layers.oci.limits import KIB, Limits

Compression = Literal["plain", "gzip", "zstd", "bzip2", "xz"]

PIECE_SIZE: Final = 512 * KIB
FIRST_FEED: Final = 4 * KIB
"""Small, for what a member leaves over is copied: eStargz has one for each file."""
FEED: Final = 64 * KIB
SNIFF_SIZE: Final = 6
"""Bytes that :func:`sniff` looks at."""

MAGIC: Final[tuple[tuple[bytes, Compression], ...]] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
)
UNPACK_ERRORS: Final = cast(
    tuple[type[Exception], ...], (igzip_lib.error, lzma.LZMAError, OSError, EOFError)
)  # the stub of igzip calls its error an instance
SKIPPABLE: Final = tuple(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))


def sniff(head: bytes) -> Compression:
    """The compression of a stream that starts with ``head``; ``plain`` where nothing fits.

    >>> sniff(b"\\x1f\\x8b\\x08\\x00"), sniff(b"etc/passwd")
    ('gzip', 'plain')
    """
    if head.startswith(SKIPPABLE):
        return "zstd"
    return next((name for magic, name in MAGIC if head.startswith(magic)), "plain")


def decompressed(
    chunks: Iterable[bytes], compression: Compression, limits: Limits, where: str
) -> Iterator[bytes]:
    """The bytes inside ``chunks``, in pieces of at most ``PIECE_SIZE`` (``plain``: as they come).

    Reads every member of gzip, bzip2 and xz and every frame of zstd, and checks
    their checksums. ``chunks`` is read to its end. Raises ``MalformedLayer``
    where the stream ends early, holds a wrong checksum or something else behind
    a member (zeros may follow gzip), and ``LimitExceeded`` for ``unpacked_size``,
    ``ratio``, ``frames`` and ``zstd_window``; both name ``where``.
    """
    source = ChunkReader(chunks, where)
    if compression == "plain":
        return _metered(source, source.chunks(), limits)
    pieces = zstd_content(source, limits) if compression == "zstd" else members(source, compression, limits)
    return _metered(source, _gathered(pieces), limits)


def _metered(source: ChunkReader, pieces: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    unpacked = 0
    for piece in pieces:
        unpacked += len(piece)
        if unpacked > limits.unpacked_size:
            raise LimitExceeded("unpacked_size", limits.unpacked_size, unpacked, source.where)
        if unpacked > limits.ratio_floor and unpacked > limits.ratio * source.taken:
            raise LimitExceeded("ratio", limits.ratio, unpacked // max(source.taken, 1), source.where)
        yield piece


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, with runs of small pieces joined: each costs the reader a turn."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        if size + len(piece) > PIECE_SIZE:
            yield b"".join(held)
            held, size = [], 0
        if len(piece) > FEED and not held:
            yield piece
        elif piece:
            held.append(piece)
            size += len(piece)
    if held:
        yield b"".join(held)


def zstd_content(source: ChunkReader, limits: Limits) -> Iterator[bytes]:
    """What the frames in all of ``source`` hold."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=limits.zstd_window)
    slices = _Slices(checked_frames(source, limits))
    reader = unpacker.stream_reader(slices, read_across_frames=True)  # type: ignore[arg-type]
    try:
        while piece := reader.read(PIECE_SIZE):
            yield piece
    except zstandard.ZstdError as error:
        raise _malformed(source, "zstd", error) from error


class _Slices:
    """Slices as a file to read from: what ``stream_reader`` asks for."""

    def __init__(self, slices: Iterator[bytes]) -> None:
        self._slices = slices

    def read(self, size: int) -> bytes:
        return next(self._slices, b"")


class Unpacker(Protocol):
    """The shape that bz2, lzma and igzip share: one member, output bounded on request."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def members(source: ChunkReader, compression: Compression, limits: Limits) -> Iterator[bytes]:
    """What the gzip, bzip2 or xz members in all of ``source`` hold."""
    for count in itertools.count(1):
        if count > limits.frames:
            raise LimitExceeded("frames", limits.frames, count, source.where)
        if compression == "gzip":
            take_gzip_header(source)
        yield from member(source, compression, _unpacker(compression, limits))
        source.skip_zeros()
        if source.at_end():
            return


def _unpacker(compression: Compression, limits: Limits) -> Unpacker:
    if compression == "gzip":
        unpacker: Unpacker = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP_NO_HDR_VER)
        return unpacker
    if compression == "bzip2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.zstd_window)


def member(source: ChunkReader, compression: Compression, unpacker: Unpacker) -> Iterator[bytes]:
    """What is left of one member; ``source`` then stands behind what ``unpacker`` used."""
    feed = FIRST_FEED
    while not unpacker.eof:
        data = b""
        if unpacker.needs_input:
            data = source.take(feed)
            feed = FEED
        try:
            piece = unpacker.decompress(data, PIECE_SIZE)
        except UNPACK_ERRORS as error:
            raise _malformed(source, compression, error) from error
        if piece:
            yield piece
    source.give_back(len(unpacker.unused_data))


def _malformed(source: ChunkReader, compression: str, error: Exception) -> MalformedLayer:
    return MalformedLayer(f"{source.where}: no good {compression} data near byte {source.taken} ({error})")
