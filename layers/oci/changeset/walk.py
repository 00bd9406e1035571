"""A stored layer, walked in one pass over its bytes: unpacked, its tar hashed, read member by member.

What is compressed is shared among three threads, which hand each other chunks:
one unpacks, one hashes the tar, the caller's walks it and hashes its files. The
calls that take long all let go of the interpreter's lock.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import BinaryIO, NamedTuple

from layers.oci.changeset.chunks import read_chunks
from layers.oci.changeset.compression import Compression, decompressed
from layers.oci.changeset.entry import Member
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.seal import Sealer
from layers.oci.changeset.threads import Ahead, Relay
from layers.oci.limits import Limits


class StoredRange(NamedTuple):
    """Where a stored layer lies: ``size`` bytes of a file from ``offset``."""

    file: BinaryIO
    offset: int
    size: int

    def digest(self, advance: Callable[[int], None] = lambda count: None) -> str:
        """The digest of the bytes as they are stored; ``advance`` hears how many are read."""
        return self.identity(advance).digest

    def identity(self, advance: Callable[[int], None] = lambda count: None) -> "Identity":
        """Digest and seal of the bytes as they are stored, from one reading."""
        stored, sealer, count = sha256(), Sealer(), 0
        for chunk in read_chunks(*self):
            stored.update(chunk)
            sealer.update(chunk)
            count += len(chunk)
            advance(count)
        return Identity(f"sha256:{stored.hexdigest()}", sealer.seal())


class Identity(NamedTuple):
    """What stored bytes are told by."""

    digest: str
    seal: bytes


class LayerWalk:
    """Iterates the members of a stored layer, once; afterwards it knows its diff_id.

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
        self._stored = stored
        self._count = 0
        self._compression = compression
        self._limits = limits
        self._where = where
        self.diff_id = ""
        """Empty for a plain layer: that is the digest of its stored bytes."""
        self.tar_size = 0
        self.notes: list[tuple[bytes, str]] = []

    def __iter__(self) -> Iterator[Member]:
        pieces = decompressed(self._chunks(), self._compression, self._limits, self._where)
        if self._compression == "plain":
            yield from self._read(pieces)
            return
        tar = sha256()
        unpacked, hashing = Ahead(pieces), Relay(tar.update)
        try:
            yield from self._read(passed(unpacked, hashing))
        finally:
            unpacked.stop()
            hashing.finish()
        self.diff_id = f"sha256:{tar.hexdigest()}"

    def _read(self, pieces: Iterator[bytes]) -> Iterator[Member]:
        reader = read_members(self._counted(pieces), self._limits)
        yield from reader
        self.notes = reader.notes

    def _chunks(self) -> Iterator[bytes]:
        for chunk in read_chunks(*self._stored):
            self._count += len(chunk)
            yield chunk

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.tar_size += len(piece)
            self._advance(self._count)
            yield piece


def passed(unpacked: Ahead, hashing: Relay) -> Iterator[bytes]:
    """The pieces, each handed to the other thread as well."""
    for piece in unpacked:
        hashing.put(piece)
        yield piece
