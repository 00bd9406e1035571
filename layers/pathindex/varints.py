"""Numbers in as few bytes as they need: seven bits a byte, the lowest first."""

from collections.abc import Iterable


def pack(numbers: Iterable[int]) -> bytes:
    """Numbers from 0 on, one after another.

    >>> pack([0, 127, 128, 300]).hex()
    '007f8001ac02'
    """
    packed = bytearray()
    for number in numbers:
        while number > 127:
            packed.append(number & 127 | 128)
            number >>= 7
        packed.append(number)
    return bytes(packed)


def unpack(packed: bytes) -> list[int]:
    """The numbers that :func:`pack` packed.

    >>> unpack(bytes.fromhex("007f8001ac02"))
    [0, 127, 128, 300]
    """
    if packed.isascii():
        return list(packed)
    numbers, number, shift = [], 0, 0
    for byte in packed:
        number |= (byte & 127) << shift
        if byte > 127:
            shift += 7
        else:
            numbers.append(number)
            number = shift = 0
    return numbers


def signed(number: int) -> int:
    """A number of either sign as one from 0 on: 0, -1, 1, -2, … in this order.

    >>> [signed(number) for number in (0, -1, 1, -2)]
    [0, 1, 2, 3]
    """
    return number << 1 if number >= 0 else ~number << 1 | 1


def unsigned(number: int) -> int:
    """The number that :func:`signed` turned."""
    return ~(number >> 1) if number & 1 else number >> 1
