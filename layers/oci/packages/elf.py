"""What a program file is made of: the sections and segments of an ELF, by its headers alone."""

from collections.abc import Iterator
from struct import Struct, error
from typing import Final, NamedTuple

from layers.oci.packages.package import ReadAt

MAGIC: Final = b"\x7fELF"
MOST_HEADERS: Final = 4096
LOAD, WRITABLE = 1, 2
NO_BITS: Final = 8
LONGEST_NAMES: Final = 1024 * 1024


class Part(NamedTuple):
    """A section or segment: where it is in the file and in memory."""

    name: bytes
    """Of a section; empty for a segment."""
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    """Bytes in the file."""


class Elf:
    """The parts of one file."""

    def __init__(self, read: ReadAt) -> None:
        """Raises ``ValueError`` for what is no ELF."""
        self.read = read
        head = read(0, 64)
        if len(head) < 52 or not head.startswith(MAGIC) or head[4] not in (1, 2) or head[5] not in (1, 2):
            raise ValueError("no ELF")
        self.order = "<" if head[5] == 1 else ">"
        self.is_wide = head[4] == 2
        try:
            self.sections = list(self._sections(head))
            self.segments = list(self._segments(head))
        except error as broken:
            raise ValueError("a damaged ELF") from broken

    def _numbers(self, head: bytes) -> tuple[int, ...]:
        """Program header offset, section header offset, and the six numbers at the end of the head."""
        form = Struct(self.order + ("32xQQ4x6H" if self.is_wide else "28xII4x6H"))
        numbers: tuple[int, ...] = form.unpack_from(head)
        return numbers

    def _table(self, offset: int, size: int, count: int, least: int) -> Iterator[bytes]:
        """Headers of so many bytes each."""
        if not offset or not count or size < least or count > MOST_HEADERS:
            return
        table = self.read(offset, size * count)
        for at in range(0, len(table) - size + 1, size):
            yield table[at : at + size]

    def _sections(self, head: bytes) -> Iterator[Part]:
        _, offset, _, _, _, size, count, names_at = self._numbers(head)
        form = Struct(self.order + ("IIQQQQ" if self.is_wide else "IIIIII"))
        found = [form.unpack_from(raw) for raw in self._table(offset, size, count, form.size)]
        if not 0 <= names_at < len(found):
            return
        names = self.read(found[names_at][4], min(found[names_at][5], LONGEST_NAMES))
        for name, kind, flags, address, start, length in found:
            text = names[name : name + 64].partition(b"\0")[0]
            yield Part(text, kind, flags, address, start, 0 if kind == NO_BITS else length)

    def _segments(self, head: bytes) -> Iterator[Part]:
        offset, _, _, size, count, *_rest = self._numbers(head)
        form = Struct(self.order + ("IIQQQQ" if self.is_wide else "IIIIIII"))
        for raw in self._table(offset, size, count, form.size):
            values = form.unpack_from(raw)
            if self.is_wide:
                kind, flags, start, address, _, length = values
            else:
                kind, start, address, _, length, _, flags = values
            if kind == LOAD:
                yield Part(b"", kind, flags, address, start, length)

    def section(self, name: bytes) -> Part | None:
        """The first section of that name."""
        return next((part for part in self.sections if part.name == name), None)

    def at_address(self, address: int, size: int) -> bytes:
        """Bytes that are in memory there once the program is loaded."""
        for part in self.segments:
            if part.address <= address and address + size <= part.address + part.size:
                return self.read(part.offset + address - part.address, size)
        return b""
