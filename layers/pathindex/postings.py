"""Which blocks hold three given letters: lists of block numbers, packed, and sets of them.

A *gram* is three bytes of a path, ASCII letters in lower case. Names and
directories have lists of their own, so that a search for a name does not stop at
every path below a directory of that name. Two NULs end each text, so each of its
bytes begins a gram, and one or two letters are looked up as a range of grams.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from layers.pathindex.varints import pack, unpack

GRAM = 3
END = b"\0\0"
BITMAP, GAPS = b"\0", b"\1"
NOT_NUL = re.compile(rb"[^\0]", re.DOTALL)
BITS = [tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256)]


def grams(text: bytes) -> set[bytes]:
    """The grams of a text, which is in lower case and ends with :data:`END`.

    >>> sorted(grams(b"/ab" + END))
    [b'/ab', b'ab\\x00', b'b\\x00\\x00']
    """
    return {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}


class PostingsWriter:
    """Collects the grams of block after block."""

    def __init__(self) -> None:
        self._gaps: dict[bytes, bytearray] = {}
        self._last: dict[bytes, int] = {}
        self.block_count = 0

    def add(self, found: Iterable[bytes]) -> None:
        """The grams of the next block."""
        number = self.block_count
        gaps, last = self._gaps, self._last
        for gram in found:
            if gram in gaps:
                gap = number - last[gram]
                if gap < 128:
                    gaps[gram].append(gap)
                else:
                    gaps[gram] += pack([gap])
            else:
                gaps[gram] = bytearray(pack([number + 1]))
            last[gram] = number
        self.block_count += 1

    def packed(self) -> Iterator[tuple[bytes, bytes]]:
        """Each gram in order, with its list."""
        size = self.block_count + 7 >> 3
        for gram, gaps in sorted(self._gaps.items()):
            if len(gaps) < size:
                yield gram, GAPS + gaps
            else:
                bitmap = bits_of(numbers_of(bytes(gaps)), self.block_count)
                yield gram, BITMAP + bitmap.to_bytes(size, "little")


def numbers_of(gaps: bytes) -> Iterator[int]:
    """Block numbers from the gaps between them."""
    return (number - 1 for number in accumulate(unpack(gaps)))


def bits_of(numbers: Iterable[int], block_count: int) -> int:
    """A set of blocks as the bits of a number: quick to cut and to join."""
    bits = bytearray(block_count + 7 >> 3)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def unpack_postings(packed: bytes, block_count: int) -> int:
    """The set of blocks that a list names."""
    if packed[:1] == BITMAP:
        return int.from_bytes(packed[1:], "little")
    return bits_of(numbers_of(packed[1:]), block_count)


def in_order(blocks: int) -> Iterator[int]:
    """The block numbers of a set."""
    octets = blocks.to_bytes(blocks.bit_length() + 7 >> 3, "little")
    for found in NOT_NUL.finditer(octets):
        at = found.start()
        for bit in BITS[octets[at]]:
            yield at << 3 | bit
