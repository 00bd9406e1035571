"""The frames of a zstd stream (RFC 8878), walked without unpacking them.

libzstd tells neither where a frame ends nor that the last one is cut off, and it
meets a huge window only when it allocates it; the headers tell all three.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from layers.oci.changeset.chunks import ChunkReader
from layers.oci.errors import LimitExceeded, MalformedLayer
from layers.oci.limits import KIB, Limits

MAGIC: Final = 0xFD2FB528
SKIPPABLE_MAGIC: Final = range(0x184D2A50, 0x184D2A60)
SLICE_SIZE: Final = 64 * KIB
RLE_BLOCK: Final = 1
RESERVED_BLOCK: Final = 3
SIZE_OF_ID: Final = (0, 1, 2, 4)
SIZE_OF_CONTENT_SIZE: Final = (0, 2, 4, 8)


class FrameHeader(NamedTuple):
    """What a frame says of itself ("3.1.1.1. Frame_Header")."""

    raw: bytes
    content_size: int | None
    """Bytes once unpacked; ``None`` where the frame keeps silent."""
    has_checksum: bool


class Frame(NamedTuple):
    """One frame; its slices must be taken before the next frame is asked for."""

    start: int
    """In the stream, in bytes."""
    content_size: int | None
    """0 for a skippable frame."""
    slices: Iterator[bytes]


def each_frame(source: ChunkReader, limits: Limits) -> Iterator[Frame]:
    """Every frame in all of ``source``, its headers found good as its slices are taken.

    Raises ``MalformedLayer`` where a frame ends early or something else follows
    it, ``LimitExceeded`` for ``frames`` and ``zstd_window``.
    """
    count = 0
    while count == 0 or not source.at_end():
        count += 1
        if count > limits.frames:
            raise LimitExceeded("frames", limits.frames, count, source.where)
        start = source.taken
        number = int.from_bytes(source.exactly(4), "little")
        if number == MAGIC:
            header = frame_header(source, limits)
            yield Frame(start, header.content_size, _frame(source, header))
        elif number in SKIPPABLE_MAGIC:
            yield Frame(start, 0, _skippable_frame(source, number))
        else:
            raise MalformedLayer(f"{source.where}: no zstd frame at byte {start}")


def checked_frames(source: ChunkReader, limits: Limits) -> Iterator[bytes]:
    """All bytes of ``source``; raises what :func:`each_frame` does."""
    for frame in each_frame(source, limits):
        yield from frame.slices


def _skippable_frame(source: ChunkReader, number: int) -> Iterator[bytes]:
    size = source.exactly(4)
    yield number.to_bytes(4, "little") + size
    yield from _slices(source, int.from_bytes(size, "little"))


def _frame(source: ChunkReader, header: FrameHeader) -> Iterator[bytes]:
    yield MAGIC.to_bytes(4, "little") + header.raw
    last = False
    while not last:
        raw = source.exactly(3)
        last, size = block_size(raw, source)
        yield raw
        yield from _slices(source, size)
    if header.has_checksum:
        yield source.exactly(4)


def frame_header(source: ChunkReader, limits: Limits) -> FrameHeader:
    """Take the header that follows the magic number. Raises ``LimitExceeded`` for ``zstd_window``."""
    raw = source.exactly(1)
    descriptor = raw[0]
    is_single_segment = bool(descriptor & 0x20)
    content_size_length = SIZE_OF_CONTENT_SIZE[descriptor >> 6] or int(is_single_segment)
    id_length = SIZE_OF_ID[descriptor & 3]
    rest_length = int(not is_single_segment) + id_length + content_size_length
    rest = source.exactly(rest_length) if rest_length else b""
    content_size = None
    if content_size_length:
        content_size = int.from_bytes(rest[-content_size_length:], "little")
        content_size += 256 if content_size_length == 2 else 0
    window_size = (content_size or 0) if is_single_segment else _window_size(rest[0])
    if window_size > limits.zstd_window:
        raise LimitExceeded("zstd_window", limits.zstd_window, window_size, source.where)
    return FrameHeader(raw + rest, content_size, bool(descriptor & 4))


def _window_size(descriptor: int) -> int:
    base = 1 << (10 + (descriptor >> 3))
    return base + base // 8 * (descriptor & 7)


def block_size(raw: bytes, source: ChunkReader) -> tuple[bool, int]:
    """Of a 3-byte block header: whether the block is the last, and its bytes in the stream."""
    number = int.from_bytes(raw, "little")
    kind = number >> 1 & 3
    if kind == RESERVED_BLOCK:
        raise MalformedLayer(f"{source.where}: a zstd block of a reserved type near byte {source.taken}")
    return bool(number & 1), 1 if kind == RLE_BLOCK else number >> 3


def _slices(source: ChunkReader, size: int) -> Iterator[bytes]:
    while size:
        data = source.take(min(size, SLICE_SIZE))
        size -= len(data)
        yield data
