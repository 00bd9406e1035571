"""Bytes that come in chunks, taken in the sizes a tar is made of."""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Protocol

from layers.oci.errors import MalformedLayer

Bytes = bytes | memoryview


class Source(Protocol):
    """What :class:`ChunkStream` and :class:`FileStream` share."""

    offset: int

    def take(self, size: int) -> bytes: ...
    def block(self) -> bytes: ...
    def skip(self, size: int) -> None: ...


class ChunkStream:
    """Sequential access to an iterator of chunks, without copying large bodies.

    ``offset`` is how many bytes have been taken.
    """

    def __init__(self, chunks: Iterable[Bytes]) -> None:
        self._chunks: Iterator[Bytes] = iter(chunks)
        self._chunk = b""
        self._at = 0
        self.offset = 0

    def window(self) -> tuple[bytes, int]:
        """The current chunk, and where in it the next byte is; :meth:`advance` moves on."""
        return self._chunk, self._at

    def advance(self, size: int) -> None:
        """Take ``size`` bytes that the window holds."""
        self._at += size
        self.offset += size

    def take(self, size: int) -> bytes:
        """Exactly ``size`` bytes, or fewer at the end."""
        piece = self._chunk[self._at : self._at + size]
        if len(piece) == size:
            self._at += size
            self.offset += size
            return piece
        return b"".join(map(bytes, self._pieces(size)))

    def block(self) -> bytes:
        """The next 512 bytes, or what is left."""
        return self.take(512)

    def feed(self, size: int, consume: Callable[[Bytes], object]) -> None:
        """Hand ``size`` bytes to ``consume`` piece by piece.

        Raises:
            MalformedLayer: the stream ends first.
        """
        for piece in self._pieces(size):
            consume(piece)
            size -= len(piece)
        if size:
            raise MalformedLayer(
                f"The tar ends at byte {self.offset}, {size} bytes short of a file's content."
            )

    def skip(self, size: int) -> None:
        """Pass over ``size`` bytes; raises like :meth:`feed`."""
        self.feed(size, len)

    def drain(self) -> bool:
        """Read to the end; whether anything but zeros was left."""
        meaningful = False
        while (chunk := self._pull()) is not None:
            meaningful = meaningful or bytes(chunk).count(0) != len(chunk)
        return meaningful

    def _pieces(self, size: int) -> Iterator[memoryview]:
        while size and (chunk := self._pull(size)) is not None:
            size -= len(chunk)
            yield chunk

    def _pull(self, most: int | None = None) -> memoryview | None:
        """What is left of the current chunk, or the next one; None at the end."""
        while self._at == len(self._chunk):
            following = next(self._chunks, None)
            if following is None:
                return None
            self._chunk, self._at = bytes(following), 0
        end = len(self._chunk) if most is None else min(len(self._chunk), self._at + most)
        piece = memoryview(self._chunk)[self._at : end]
        self._at = end
        self.offset += len(piece)
        return piece


class FileStream:
    """The same over a seekable file, where bodies are passed over by seeking."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.offset = 0
        file.seek(0, 2)
        self._size = file.tell()

    def take(self, size: int) -> bytes:
        self._file.seek(self.offset)
        piece = self._file.read(size)
        self.offset += len(piece)
        return piece

    def block(self) -> bytes:
        return self.take(512)

    def skip(self, size: int) -> None:
        if self.offset + size > self._size:
            short = self.offset + size - self._size
            raise MalformedLayer(
                f"The tar ends at byte {self._size}, {short} bytes short of a file's content."
            )
        self.offset += size
