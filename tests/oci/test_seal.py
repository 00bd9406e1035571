"""A seal knows the bytes it was taken of, in whatever portions they came, and no others."""

import io
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.changeset.seal import PIECE_SIZE, SealBroken, Sealer, sealed_pieces

SIZES = [0, 1, PIECE_SIZE - 1, PIECE_SIZE, PIECE_SIZE + 1, 3 * PIECE_SIZE - 7]
CONTENT = random.Random(3).randbytes(max(SIZES))


def seal(*portions: bytes) -> bytes:
    sealer = Sealer()
    for portion in portions:
        sealer.update(portion)
    return sealer.seal()


def opened(data: bytes, sealed: bytes, size: int) -> bytes:
    return b"".join(bytes(piece) for piece in sealed_pieces(io.BytesIO(data), size, sealed))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_handed_out(size):
    data = CONTENT[:size]

    assert opened(data, seal(data), size) == data


@given(st.lists(st.integers(0, 2 * PIECE_SIZE), max_size=6))
def test_the_portions_do_not_matter(sizes):
    data = CONTENT[: sum(sizes)]
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    portions = [data[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    pieces = [data[start : start + PIECE_SIZE] for start in range(0, len(data), PIECE_SIZE)]

    assert seal(*portions) == b"".join(zlib.crc32(piece).to_bytes(4, "little") for piece in pieces)


@pytest.mark.parametrize("place", [0, 1, PIECE_SIZE - 1, PIECE_SIZE, 2 * PIECE_SIZE + 5, 3 * PIECE_SIZE - 8])
@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_is_found_before_its_piece_is_handed_out(place, bit):
    data = CONTENT[: SIZES[-1]]
    damaged = bytearray(data)
    damaged[place] ^= 1 << bit
    handed = bytearray()

    pieces = sealed_pieces(io.BytesIO(damaged), len(data), seal(data))
    with pytest.raises(SealBroken):  # noqa: PT012
        for piece in pieces:
            handed += piece
    assert handed == data[: place // PIECE_SIZE * PIECE_SIZE]


@pytest.mark.parametrize("missing", [1, PIECE_SIZE, 3 * PIECE_SIZE - 7])
def test_what_is_cut_short_is_found(missing):
    data = CONTENT[: SIZES[-1]]

    with pytest.raises(SealBroken):
        opened(data[:-missing], seal(data), len(data))


@pytest.mark.parametrize("sealed", [b"", seal(CONTENT)[:-4], seal(CONTENT) + bytes(4), b"123"])
def test_a_seal_of_something_else_opens_nothing(sealed):
    with pytest.raises(SealBroken):
        opened(CONTENT, sealed, len(CONTENT))
