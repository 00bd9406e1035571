"""What contents are read through, wherever they lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


class Reader(Protocol):
    """A content that can be read from any place."""

    @property
    def size(self) -> int: ...
    def read(self, offset: int, size: int) -> bytes: ...
    def chunks(self, offset: int = 0) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class BytesReader:
    """A content that is at hand: the target of a symlink, a text just typed."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        return iter([self.data[offset:]] if offset < len(self.data) else [])
