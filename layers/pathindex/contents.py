"""Which paths of a segment hold content with a given sha256: sorted numbers in buckets.

A number is the first 32 bits of the digest and the 24-bit ordinal of the path;
a bucket holds the digests that begin with the same bits. These bits find a path
too many now and then, so whoever finds one looks at the whole digest.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from layers.pathindex.varints import pack, unpack

DIGEST_BITS: Final = 32
ORDINAL_BITS: Final = 24
ORDINAL_SIZE: Final = ORDINAL_BITS >> 3
BITS: Final = DIGEST_BITS + ORDINAL_BITS
COUNT_SIZE: Final = 4
BUCKET_SIZE: Final = 512
"""Numbers that a bucket should have."""
MOST_BUCKET_BITS: Final = 20


def content_number(sha256: bytes, ordinal: int) -> int:
    """The number of a digest and a path."""
    return int.from_bytes(sha256[: DIGEST_BITS >> 3]) << ORDINAL_BITS | ordinal


def ordinal_of(number: int) -> int:
    """The path of a number."""
    return number & ((1 << ORDINAL_BITS) - 1)


def bucket_bits(count: int) -> int:
    """How many leading bits a bucket stands for, in a segment with ``count`` numbers."""
    return min(MOST_BUCKET_BITS, (count // BUCKET_SIZE).bit_length())


def buckets(numbers: Iterable[int], bits: int) -> Iterator[tuple[int, bytes]]:
    """Sorted numbers as packed buckets, each with its leading bits; empty ones are left out."""
    bucket: list[int] = []
    current = 0
    for number in numbers:
        leading = number >> BITS - bits
        if leading != current and bucket:
            yield current, pack_bucket(bucket)
            bucket = []
        current = leading
        bucket.append(number)
    if bucket:
        yield current, pack_bucket(bucket)


def pack_bucket(numbers: list[int]) -> bytes:
    """How many there are, the ordinals, and the gaps between the digests: small, as these are sorted."""
    digests = [number >> ORDINAL_BITS for number in numbers]
    gaps = pack(b - a for a, b in zip([0, *digests], digests, strict=False))
    ordinals = b"".join([ordinal_of(number).to_bytes(ORDINAL_SIZE) for number in numbers])
    return len(numbers).to_bytes(COUNT_SIZE) + ordinals + gaps


def unpack_bucket(packed: bytes) -> list[int]:
    """The numbers of a bucket, sorted.

    >>> unpack_bucket(pack_bucket([5, 1 << 24 | 7]))
    [5, 16777223]
    """
    end = COUNT_SIZE + int.from_bytes(packed[:COUNT_SIZE]) * ORDINAL_SIZE
    digests = accumulate(unpack(packed[end:]))
    return [
        digest << ORDINAL_BITS | int.from_bytes(packed[at : at + ORDINAL_SIZE])
        for at, digest in zip(range(COUNT_SIZE, end, ORDINAL_SIZE), digests, strict=True)
    ]


class DigestRange:
    """The digests that begin with some hex digits, at least eight of them."""

    def __init__(self, prefix: str) -> None:
        digits = prefix[: DIGEST_BITS >> 2]
        if len(digits) < DIGEST_BITS >> 2:
            raise ValueError(f"{prefix!r} is too short to be looked up.")
        self._first = int(digits, 16) << ORDINAL_BITS
        self._end = (int(digits, 16) + 1) << ORDINAL_BITS

    def bucket(self, bits: int) -> int:
        """The bucket that holds them."""
        return self._first >> BITS - bits

    def ordinals(self, packed: bytes) -> list[int]:
        """The paths in a bucket that hold them."""
        numbers = unpack_bucket(packed)
        first, end = bisect_left(numbers, self._first), bisect_left(numbers, self._end)
        return [ordinal_of(number) for number in numbers[first:end]]
