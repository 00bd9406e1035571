"""Tars built in sight: each member as the bytes of its header, nothing checked."""

from collections.abc import Iterable

BLOCK = 512


def header(
    name: bytes,
    *,
    kind: bytes = b"0",
    size: int = 0,
    mode: int = 0o644,
    mtime: int = 1_600_000_000,
    linkname: bytes = b"",
    magic: bytes = b"ustar\x0000",
    **fields: bytes,
) -> bytes:
    """One header block with a right checksum; ``fields`` overwrite raw bytes (``size_field=b"..."``)."""
    block = bytearray(BLOCK)
    block[0 : len(name)] = name
    block[100:108] = b"%07o\0" % mode
    block[108:116] = b"0000000\0"
    block[116:124] = b"0000000\0"
    block[124:136] = fields.get("size_field", b"%011o\0" % size)
    block[136:148] = fields.get("mtime_field", b"%011o\0" % mtime)
    block[156:157] = kind
    block[157 : 157 + len(linkname)] = linkname
    block[257:265] = magic
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name: bytes, content: bytes = b"", **fields: object) -> bytes:
    """A header and its content, padded."""
    return header(name, size=len(content), **fields) + content + bytes(-len(content) % BLOCK)  # type: ignore[arg-type]


def pax(records: Iterable[tuple[bytes, bytes]], kind: bytes = b"x") -> bytes:
    """A PAX extended header."""
    body = b"".join(map(record, records))
    return member(b"PaxHeaders/x", body, kind=kind)


def record(pair: tuple[bytes, bytes]) -> bytes:
    """One record; its length counts itself."""
    rest = b" " + pair[0] + b"=" + pair[1] + b"\n"
    length = len(rest)
    while len(b"%d" % length) + len(rest) != length:
        length = len(b"%d" % length) + len(rest)
    return b"%d" % length + rest


def tar(*members: bytes) -> bytes:
    """Members and the end mark."""
    return b"".join(members) + bytes(2 * BLOCK)
