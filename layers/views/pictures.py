"""Which files of an image may be shown as pictures: four formats, known by their first bytes.

SVG, HTML, PDF and the like are never shown: they can hold scripts.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

HEAD_SIZE = 64 * 1024
"""How much of a file is read to recognise it."""
MAX_SIZE = 10 * 2**20
MAX_PIXELS = 40_000_000
FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


class Picture(NamedTuple):
    """What the head of a picture says."""

    media_type: str
    width: int
    height: int


def png(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def gif(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def jpeg_segments(head: bytes) -> Iterator[tuple[int, int]]:
    """Marker and offset of the content of each segment."""
    offset = 2
    while offset + 4 <= len(head) and head[offset] == 0xFF:
        marker = head[offset + 1]
        if marker == 0xFF:
            offset += 1
            continue
        yield marker, offset + 4
        offset += 2 + max(2, int.from_bytes(head[offset + 2 : offset + 4]))


def jpeg(head: bytes) -> tuple[int, int]:
    for marker, offset in jpeg_segments(head):
        if marker in FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", head, offset + 1)
            return width, height
    return 0, 0


def webp(head: bytes) -> tuple[int, int]:
    form = head[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", head, 26)
    return width & 0x3FFF, height & 0x3FFF


def measured(head: bytes) -> Picture | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Picture("image/png", *png(head))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Picture("image/gif", *gif(head))
    if head.startswith(b"\xff\xd8\xff"):
        return Picture("image/jpeg", *jpeg(head))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Picture("image/webp", *webp(head))
    return None


def recognise(head: bytes, size: int) -> Picture | None:
    """The picture that begins with ``head``; ``None`` if it is none, or too large to show.

    >>> recognise(b"GIF89a" + bytes([4, 0, 3, 0, 0, 0, 0]), 13)
    Picture(media_type='image/gif', width=4, height=3)
    """
    if size > MAX_SIZE:
        return None
    try:
        picture = measured(head)
    except struct.error:
        return None
    if picture is None or not 0 < picture.width * picture.height <= MAX_PIXELS:
        return None
    return picture
