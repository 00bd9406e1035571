"""One 512-byte tar header: its fields, its checksum, its numbers.

POSIX.1-1988 ustar, GNU and v7, as ``tar(5)`` of libarchive and Go's
``archive/tar`` read them.
"""

from struct import Struct
from typing import NamedTuple

from isal.isal_zlib import adler32

from layers.oci.errors import MalformedLayer, shown

BLOCK = 512
ZEROS = bytes(BLOCK)
FIELDS = Struct("100s8s8s8s12s12s8sc100s8s")
"""name mode uid gid size mtime checksum type linkname magic-and-version, the first 265 bytes."""
USTAR = b"ustar\x00"
GNU = b"ustar  \x00"
LARGEST = 2**63 - 1


class Header(NamedTuple):
    """What a header block says, numbers read, names cut at their NUL."""

    name: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    type: bytes
    linkname: bytes
    magic: bytes


# Modes, owners and small sizes recur: remember how their fields read.
KNOWN_NUMBERS: dict[bytes, int] = {}


def number(field: bytes, what: str) -> int:
    """A numeric field: octal digits between spaces and NULs, or base-256.

    Raises:
        MalformedLayer: anything else, or a value outside 63 bits.
    """
    value = KNOWN_NUMBERS.get(field)
    if value is None:
        value = _parse(field, what)
        if len(KNOWN_NUMBERS) < 50_000:
            KNOWN_NUMBERS[field] = value
    return value


def _parse(field: bytes, what: str) -> int:
    if field[0] & 0x80:
        return _base256(field, what)
    digits = field.strip(b" \0").partition(b"\0")[0].rstrip(b" ")
    if not digits:
        return 0
    try:
        # isdigit keeps out the signs and underscores that int() takes.
        if digits.isdigit():
            return int(digits, 8)
    except ValueError:
        pass
    raise MalformedLayer(f"The {what} field of a tar header holds {shown(field)}, which is no octal number.")


def _base256(field: bytes, what: str) -> int:
    """GNU's two's complement: the first bit marks it, the second is the sign."""
    bits = len(field) * 8 - 1
    value = int.from_bytes(field, "big") & ((1 << bits) - 1)
    if field[0] & 0x40:
        value -= 1 << bits
    if not -LARGEST <= value <= LARGEST:
        raise MalformedLayer(f"The {what} field of a tar header holds a number of more than 63 bits.")
    return value


# What adler32's low half must be for a checksum field: these recur too.
KNOWN_SUMS: dict[bytes, int] = {}


def checksum_holds(block: bytes, field: bytes) -> bool:
    """Whether the block sums to its checksum field, as unsigned or as signed bytes.

    The field itself counts as blanks. adler32's low half is 1 + the sum of the
    bytes modulo 65,521: exact, and quick, for a block of ASCII.
    """
    if block.isascii():
        expected = KNOWN_SUMS.get(field)
        if expected is not None:
            return adler32(block) & 0xFFFF == expected
    return _checksum_holds(block, field)


def _checksum_holds(block: bytes, field: bytes) -> bool:
    try:
        stated = number(field, "checksum")
    except MalformedLayer:
        return False
    blanks = sum(field) - 8 * 32
    total = sum(block) - blanks
    if block.isascii() and total == stated and len(KNOWN_SUMS) < 50_000:
        KNOWN_SUMS[field] = (stated + blanks + 1) % 65521
    return stated in (total, total - 256 * sum(byte > 127 for byte in block))


def parse_header(block: bytes, where: int) -> Header:
    """Read a block that is not all zeros; ``where`` is its offset, for the message.

    Raises:
        MalformedLayer: a wrong checksum, or a field that is no number.
    """
    name, mode, uid, gid, size, mtime, checksum, kind, linkname, magic = FIELDS.unpack_from(block)
    if not checksum_holds(block, checksum):
        raise MalformedLayer(
            f"The tar header at byte {where} has a wrong checksum: the archive is damaged there or no tar."
        )
    name = name.partition(b"\0")[0]
    if magic[:6] == USTAR and block[345]:
        name = block[345:500].partition(b"\0")[0] + b"/" + name
    return Header(
        name,
        number(mode, "mode"),
        number(uid, "uid"),
        number(gid, "gid"),
        number(size, "size"),
        number(mtime, "mtime"),
        kind,
        linkname.partition(b"\0")[0],
        magic,
    )


def owned(number: int) -> int:
    """The owner that a file gets of a number in a tar.

    Engines hand it to chown(2), which takes its low 32 bits; all of them set
    mean that the owner stays who unpacks it: root.

    >>> owned(1000), owned(2**32 + 5), owned(2**32 - 1), owned(-2)
    (1000, 5, 0, 4294967294)
    """
    low = number & 0xFFFFFFFF
    return 0 if low == 0xFFFFFFFF else low


def device(block: bytes) -> tuple[int, int]:
    """The major and minor number in a header's block."""
    return number(block[329:337], "devmajor"), number(block[337:345], "devminor")
