"""The rows of a table in an SQLite file: read by its published format, without SQLite.

A stranger's file may hold views and triggers that an engine would carry out;
here there are only pages. Each is visited once, so a file that points in
circles ends.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

from layers.oci.errors import UnreadablePackages

MAGIC: Final = b"SQLite format 3\0"
INTERIOR, LEAF = 0x05, 0x0D
"""Kinds of the pages of a table."""
LARGEST_CELL: Final = 64 * 2**20
BE16, BE32 = Struct(">H"), Struct(">I")
SIZES: Final = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)
"""Bytes of the first serial types."""

Value = int | bytes | None


class SQLiteFile:
    """The pages of one file."""

    def __init__(self, data: bytes) -> None:
        """Raises ``UnreadablePackages`` for what is no SQLite file."""
        if len(data) < 512 or not data.startswith(MAGIC):
            raise UnreadablePackages("no SQLite database")
        size = BE16.unpack_from(data, 16)[0]
        self.data = memoryview(data)
        self.size = 65536 if size == 1 else size
        self.usable = self.size - data[20]
        if self.size < 512 or self.size & (self.size - 1) or self.usable < 480:
            raise UnreadablePackages("an SQLite database with an impossible page size")
        self.seen: set[int] = set()

    def rows(self, table: str) -> Iterator[list[Value]]:
        """The rows of ``table`` in its order. Raises ``UnreadablePackages``."""
        try:
            for row in self._rows(1):
                if len(row) >= 4 and row[0] == b"table" and row[1] == table.encode():
                    yield from self._rows(row[3] if isinstance(row[3], int) else 0)
                    return
        except UnreadablePackages:
            raise
        except (IndexError, ValueError) as error:
            raise UnreadablePackages("a damaged SQLite database") from error
        raise UnreadablePackages(f"an SQLite database without a table {table}")

    def _page(self, number: int) -> memoryview:
        """A page that was not visited before."""
        start = (number - 1) * self.size
        if number < 1 or start + self.size > len(self.data) or number in self.seen:
            raise UnreadablePackages("an SQLite database whose pages do not hang together")
        self.seen.add(number)
        return self.data[start : start + self.size]

    def _rows(self, root: int) -> Iterator[list[Value]]:
        """The rows below a page, in order."""
        todo = [root]
        while todo:
            number = todo.pop()
            page, at = self._page(number), 100 if number == 1 else 0
            kind, count = page[at], _number(page[at + 3 : at + 5])
            if kind == INTERIOR:
                cells = [_number(page[at + 12 + 2 * cell : at + 14 + 2 * cell]) for cell in range(count)]
                below = [_number(page[cell : cell + 4]) for cell in cells]
                todo += [_number(page[at + 8 : at + 12]), *reversed(below)]
            elif kind == LEAF:
                for cell in range(count):
                    yield self._row(page, _number(page[at + 8 + 2 * cell : at + 10 + 2 * cell]))
            else:
                raise UnreadablePackages("an SQLite database whose table is none")

    def _row(self, page: memoryview, at: int) -> list[Value]:
        size, at = varint(page, at)
        _key, at = varint(page, at)
        return record(self._payload(page, at, size))

    def _payload(self, page: memoryview, at: int, size: int) -> memoryview:
        """The bytes of a cell, those on overflow pages too."""
        if size <= self.usable - 35:
            return page[at : at + size]
        if size > LARGEST_CELL:
            raise UnreadablePackages("an SQLite database with an oversized row")
        least = (self.usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (self.usable - 4)
        local = local if local <= self.usable - 35 else least
        parts = [page[at : at + local]]
        missing, following = size - local, _number(page[at + local : at + local + 4])
        while missing > 0:
            page = self._page(following)
            following = _number(page[:4])
            parts.append(page[4 : min(self.usable, 4 + missing)])
            missing -= len(parts[-1])
        return memoryview(b"".join(parts))


def record(payload: memoryview) -> list[Value]:
    """The values of a row; floating point numbers are passed over."""
    head, at = varint(payload, 0)
    body, values = head, []
    if head > len(payload):
        raise ValueError(head)
    while at < head:
        kind, at = varint(payload, at)
        size = SIZES[kind] if kind < len(SIZES) else max(0, (kind - 12) // 2)
        raw = bytes(payload[body : body + size])
        body += size
        values.append(_value(kind, raw))
    return values


def _value(kind: int, raw: bytes) -> Value:
    if kind in (0, 7, 10, 11):
        return None
    if kind in (8, 9):
        return kind - 8
    return int.from_bytes(raw, "big", signed=True) if kind < 7 else raw


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for _ in range(8):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    return value << 8 | data[at], at + 1


def _number(raw: memoryview) -> int:
    return int.from_bytes(raw, "big")
