"""Damage: bytes flipped, cut, doubled, spliced, and tars whose checksums are right again afterwards."""

from random import Random
from typing import Final

BLOCK: Final = 512
NUMBERS_END: Final = 345
"""Where the fields of a header end that decide how it is read."""
INTERESTING: Final = (0, 1, 0x20, 0x2E, 0x2F, 0x30, 0x37, 0x7F, 0x80, 0xFF)
WORDS: Final = (
    *(b".wh.", b".wh..wh..opq", b"../", b"/", b"\0", b"77777777777", b"\x80\0\0\0\0\0\0\1", b"-1"),
    *(b"\xff\xff\xff\xff\xff\xff\xff\xff", b"SCHILY.xattr.", b"GNU.sparse.size=", b"path=", b"size="),
    *(b"{", b"[" * 70, b'"', b"null", b"1e999", b"\\u0000", b"\\ud800", b"sha256:", b"layers", b"@", b":"),
)
LARGEST: Final = 64 * 1024


def mutated(seed: bytes, other: bytes, draw: Random) -> bytes:
    """``seed`` with one to six changes; ``other`` gives what is spliced in."""
    data = bytearray(seed[:LARGEST])
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        draw.choice(CHANGES)(data, other, draw)
    if draw.random() < 0.6:
        repair_checksums(data)
    return bytes(data)


def flip(data: bytearray, other: bytes, draw: Random) -> None:
    if data:
        data[place(data, draw)] ^= 1 << draw.randrange(8)


def overwrite(data: bytearray, other: bytes, draw: Random) -> None:
    if data:
        data[place(data, draw)] = draw.choice(INTERESTING)


def insert_word(data: bytearray, other: bytes, draw: Random) -> None:
    at = place(data, draw)
    data[at:at] = draw.choice(WORDS)


def overwrite_word(data: bytearray, other: bytes, draw: Random) -> None:
    at, word = place(data, draw), draw.choice(WORDS)
    data[at : at + len(word)] = word


def cut(data: bytearray, other: bytes, draw: Random) -> None:
    del data[place(data, draw) :]


def drop(data: bytearray, other: bytes, draw: Random) -> None:
    at = place(data, draw)
    del data[at : at + draw.choice((1, 8, BLOCK))]


def double(data: bytearray, other: bytes, draw: Random) -> None:
    """A run of blocks once more."""
    at = place(data, draw) // BLOCK * BLOCK
    data[at:at] = data[at : at + BLOCK * draw.randrange(1, 4)]


def splice(data: bytearray, other: bytes, draw: Random) -> None:
    """Some of another seed."""
    if other:
        start = draw.randrange(len(other)) // BLOCK * BLOCK
        at = place(data, draw) // BLOCK * BLOCK
        data[at:at] = other[start : start + BLOCK * draw.randrange(1, 8)]


CHANGES: Final = (
    flip,
    flip,
    overwrite,
    insert_word,
    overwrite_word,
    overwrite_word,
    cut,
    drop,
    double,
    splice,
)


def place(data: bytearray, draw: Random) -> int:
    """Anywhere, but more often in the header of a block."""
    if not data:
        return 0
    at = draw.randrange(len(data))
    return at if draw.random() < 0.5 else at - at % BLOCK + at % BLOCK % NUMBERS_END


def repair_checksums(data: bytearray) -> None:
    """Give each block that looks like a header the checksum that it should have."""
    for at in range(0, len(data) - BLOCK + 1, BLOCK):
        if data[at + 257 : at + 262] == b"ustar":
            data[at + 148 : at + 156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + BLOCK])
