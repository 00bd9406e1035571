"""Bytes as rows of sixteen, as ``hexdump -C`` prints them."""

from typing import NamedTuple

ROW = 16
PAGE_SIZE = 4096


class HexRow(NamedTuple):
    """Sixteen bytes: where they stand, in hex in two halves, and as ASCII with dots."""

    offset: str
    left: str
    right: str
    text: str


def rows(data: bytes, offset: int) -> list[HexRow]:
    """``data`` that stands at ``offset`` of a file, in rows.

    >>> rows(b"hi", 16)
    [HexRow(offset='00000010', left='68 69', right='', text='hi')]
    """
    return [row(data[start : start + ROW], offset + start) for start in range(0, len(data), ROW)]


def row(data: bytes, offset: int) -> HexRow:
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)
    return HexRow(f"{offset:08x}", data[:8].hex(" "), data[8:].hex(" "), text)
