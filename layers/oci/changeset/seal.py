"""A seal: the CRC-32 of each piece of a blob, taken in the same pass that found its digest right.

Reading against a digest takes four times as long as copying, and tells only at
the end; against a seal it takes a tenth as long, and each piece is known to be
right before it is handed on. A CRC-32 finds every flipped bit and every damage
of up to 32 bits in a row for certain, and any other but one in four thousand
million. It proves nothing against who forges: a digest does.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from isal.isal_zlib import crc32

from layers.oci.limits import KIB

PIECE_SIZE: Final = 256 * KIB
"""Stays in a processor's own cache from the reading to the writing."""
_CRC: Final = struct.Struct("<I")


class SealBroken(Exception):
    """A piece is not what was sealed."""


class Sealer:
    """Takes a blob's bytes as they come; then knows its seal."""

    def __init__(self) -> None:
        self._crcs: list[bytes] = []
        self._crc, self._room = 0, PIECE_SIZE

    def update(self, data: bytes) -> None:
        rest = memoryview(data)
        while len(rest) >= self._room:
            self._crc = crc32(rest[: self._room], self._crc)
            rest = rest[self._room :]
            self._end()
        self._crc = crc32(rest, self._crc)
        self._room -= len(rest)

    def seal(self) -> bytes:
        """Four bytes for each piece that has begun."""
        if self._room < PIECE_SIZE:
            self._end()
        return b"".join(self._crcs)

    def _end(self) -> None:
        self._crcs.append(_CRC.pack(self._crc))
        self._crc, self._room = 0, PIECE_SIZE


def sealed_pieces(file: BinaryIO, size: int, seal: bytes) -> Iterator[memoryview]:
    """The first ``size`` bytes of ``file``, each piece checked; it is good until the next one is asked for.

    Raises:
        SealBroken: before the piece that is wrong, or missing, is handed out.
    """
    if len(seal) != seal_size(size):
        raise SealBroken
    view = memoryview(bytearray(min(size, PIECE_SIZE)))
    for number, (crc,) in enumerate(_CRC.iter_unpack(seal)):
        piece = view[: min(PIECE_SIZE, size - number * PIECE_SIZE)]
        if _filled(file, piece) != len(piece) or crc32(piece) != crc:
            raise SealBroken
        yield piece


def _filled(file: BinaryIO, piece: memoryview) -> int:
    """Read until the piece is full or the file ends; how many bytes came."""
    done = 0
    while done < len(piece) and (count := file.readinto(piece[done:])):  # type: ignore[attr-defined]
        done += count
    return done


def seal_size(size: int) -> int:
    """Bytes of the seal of a blob of ``size`` bytes."""
    return -(-size // PIECE_SIZE) * _CRC.size
