"""Chunks: large files a portion at a time, and streams read in the portions a format asks for."""

import io
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from layers.oci.errors import MalformedLayer
from layers.oci.limits import MIB

CHUNK_SIZE: Final = MIB


class ChunkReader:
    """Chunks read forward, with at most one of them held. ``taken`` counts the bytes handed out."""

    def __init__(self, chunks: Iterable[bytes], where: str) -> None:
        self._chunks = iter(chunks)
        self._chunk: bytes = b""
        self._at = 0
        self.where = where
        self.taken = 0

    def at_end(self) -> bool:
        """Whether every byte is taken; reads a chunk to know."""
        while self._at == len(self._chunk):
            chunk = next(self._chunks, None)
            if chunk is None:
                return True
            self._chunk, self._at = chunk, 0
        return False

    def take(self, size: int) -> bytes:
        """From 1 to ``size`` of the next bytes. Raises ``MalformedLayer`` at the end."""
        if self.at_end():
            raise MalformedLayer(f"{self.where}: the data ends early, after {self.taken} bytes")
        data = self._chunk[self._at : self._at + size]
        self._at += len(data)
        self.taken += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """The next ``size`` bytes. Raises ``MalformedLayer`` where fewer are left."""
        data = self.take(size)
        while len(data) < size:
            data += self.take(size - len(data))
        return data

    def give_back(self, size: int) -> None:
        """Return the last ``size`` bytes of the last ``take``."""
        self._at -= size
        self.taken -= size

    def skip_zeros(self) -> None:
        """Take the zeros that come next, however many."""
        while not self.at_end() and self._chunk[self._at] == 0:
            data = self.take(CHUNK_SIZE)
            self.give_back(len(data.lstrip(b"\0")))

    def chunks(self) -> Iterator[bytes]:
        """All that is left, as it comes."""
        while not self.at_end():
            yield self.take(len(self._chunk))


def read_chunks(file: BinaryIO, offset: int, size: int, chunk: int = CHUNK_SIZE) -> Iterator[bytes]:
    """``size`` bytes of ``file`` from ``offset`` on, at most ``chunk`` at a time.

    The file's own position is left alone where it has a descriptor, so threads
    may read one file at once. Raises ``MalformedLayer`` where the file ends early.
    """
    end = offset + size
    while offset < end:
        data = read_at(file, offset, min(chunk, end - offset))
        if not data:
            raise MalformedLayer(f"the file ends at byte {offset}, {end - offset} bytes early")
        offset += len(data)
        yield data


def skip(pieces: Iterable[bytes], count: int) -> Iterator[bytes]:
    """``pieces`` without their first ``count`` bytes."""
    for piece in pieces:
        if count < len(piece):
            yield piece[count:] if count else piece
        count -= min(count, len(piece))


def cut(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The first ``size`` bytes of ``pieces``; no more of them is asked for than that takes."""
    iterator = iter(pieces)
    while size > 0:
        piece = next(iterator, None)
        if piece is None:
            return
        yield piece[:size]
        size -= len(piece)


def gathered(pieces: Iterable[bytes], size: int = CHUNK_SIZE // 4) -> Iterator[bytes]:
    """The same bytes, small pieces joined until there are ``size`` of them: each hand-over costs."""
    held: list[bytes] = []
    total = 0
    for piece in pieces:
        held.append(piece)
        total += len(piece)
        if total >= size:
            yield b"".join(held)
            held, total = [], 0
    if held:
        yield b"".join(held)


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """Up to ``size`` bytes from ``offset`` on; empty only at the end of the file."""
    try:
        descriptor = file.fileno()
    except (AttributeError, io.UnsupportedOperation):
        file.seek(offset)
        return file.read(size)
    return os.pread(descriptor, size, offset)


def size_of(file: BinaryIO) -> int:
    """Bytes of the file; its position is left alone."""
    try:
        return os.fstat(file.fileno()).st_size
    except OSError:
        here = file.tell()
        size = file.seek(0, os.SEEK_END)
        file.seek(here)
        return size
