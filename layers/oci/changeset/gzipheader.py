"""The header of a gzip member (RFC 1952, 2.3), stepped over.

Done here, since igzip loses its place in a header that the end of a chunk cuts.
"""

from typing import Final

from layers.oci.changeset.chunks import ChunkReader
from layers.oci.errors import MalformedLayer
from layers.oci.limits import KIB

HEADER_CRC, EXTRA, NAME, COMMENT, RESERVED = 0x02, 0x04, 0x08, 0x10, 0xE0
FIELD_SIZE: Final = 64 * KIB
"""The most a name or comment may take; an extra field can take no more."""


def take_gzip_header(source: ChunkReader) -> None:
    """Step over the header that comes next. Raises ``MalformedLayer`` where none does."""
    start = source.taken
    magic = source.exactly(2)
    if magic != b"\x1f\x8b":
        raise MalformedLayer(f"{source.where}: no good gzip data at byte {start} (no member starts there)")
    method, flags = source.exactly(8)[:2]
    if method != 8 or flags & RESERVED:
        raise MalformedLayer(f"{source.where}: no good gzip data at byte {start} (an unknown kind of member)")
    if flags & EXTRA:
        size = int.from_bytes(source.exactly(2), "little")
        if size:
            source.exactly(size)
    for _ in range(bool(flags & NAME) + bool(flags & COMMENT)):
        _take_text(source)
    if flags & HEADER_CRC:
        source.exactly(2)


def _take_text(source: ChunkReader) -> None:
    size = 0
    while size <= FIELD_SIZE:
        data = source.take(256)
        text, zero, rest = data.partition(b"\0")
        size += len(text)
        source.give_back(len(rest))
        if zero:
            return
    raise MalformedLayer(f"{source.where}: no good gzip data near byte {source.taken} (an endless name)")
