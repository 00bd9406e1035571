"""A stored layer, walked in one pass over its bytes: hashed twice, unpacked, read member by member.

Three workers share what costs time, and hand each other chunks: one reads and
unpacks, one hashes the tar, the caller's walks it and hashes its files. The
calls that take long all let go of the interpreter's lock.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from layers.oci.changeset.chunks import read_chunks
from layers.oci.changeset.compression import Compression, decompressed
from layers.oci.changeset.entry import Member
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.threads import Ahead, Relay
from layers.oci.limits import Limits


class StoredRange(NamedTuple):
    """Where a stored layer lies: ``size`` bytes of a file from ``offset``."""

    file: BinaryIO
    offset: int
    size: int


class Stored:
    """Stored bytes on their way past: hashed and counted."""

    def __init__(self, range: StoredRange) -> None:
        self.range = range
        self.hash = sha256()
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in read_chunks(*self.range):
            self.hash.update(chunk)
            self.count += len(chunk)
            yield chunk

    def drain(self) -> str:
        """Read to the end; the digest."""
        for _ in self:
            pass
        return self.digest

    @property
    def digest(self) -> str:
        return f"sha256:{self.hash.hexdigest()}"


class LayerWalk:
    """Iterates the members of a stored layer, once; afterwards it knows its names.

    ``advance`` hears, now and then, how many stored bytes have been read.

    Raises (while iterating):
        MalformedLayer, LimitExceeded: naming ``where``, or the byte.
    """

    def __init__(
        self,
        stored: StoredRange,
        compression: Compression,
        limits: Limits,
        where: str,
        advance: Callable[[int], None],
    ) -> None:
        self._advance = advance
        self._stored = Stored(stored)
        self._compression = compression
        self._limits = limits
        self._where = where
        self.digest = self.diff_id = ""
        self.tar_size = 0
        self.notes: list[tuple[bytes, str]] = []

    def __iter__(self) -> Iterator[Member]:
        unpacked = Ahead(decompressed(self._stored, self._compression, self._limits, self._where))
        tar = sha256()
        hashing = Relay(tar.update) if self._compression != "plain" else None
        reader = read_members(self._pieces(unpacked, hashing), self._limits)
        try:
            yield from reader
        finally:
            unpacked.stop()
            if hashing:
                hashing.finish()
        self.notes = reader.notes
        self.digest = self._stored.digest
        self.diff_id = f"sha256:{tar.hexdigest()}" if hashing else self.digest

    def _pieces(self, unpacked: Ahead, hashing: Relay | None) -> Iterator[bytes]:
        for piece in unpacked:
            self.tar_size += len(piece)
            if hashing:
                hashing.put(piece)
            self._advance(self._stored.count)
            yield piece
