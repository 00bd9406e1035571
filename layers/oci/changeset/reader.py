"""A tar, member by member, in one pass: names and types as the archive means them.

What engines that are written in Go accept is accepted here, and nothing is
dropped in silence: after a good header only a good header, or zeros, may
follow (``tarfile`` ends quietly there).
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import BinaryIO

from isal.isal_zlib import adler32

from layers.oci.changeset import pax, sparse
from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.extensions import EXTENSIONS, Extensions
from layers.oci.changeset.header import (
    BLOCK,
    FIELDS,
    GNU,
    KNOWN_NUMBERS,
    KNOWN_SUMS,
    USTAR,
    ZEROS,
    Header,
    checksum_holds,
    device,
    number,
    owned,
    parse_header,
)
from layers.oci.changeset.stream import Bytes, ChunkStream, FileStream
from layers.oci.errors import LimitExceeded, MalformedLayer, shown
from layers.oci.limits import Limits

KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"S": Kind.FILE,
    b"1": Kind.HARDLINK,
    b"2": Kind.SYMLINK,
    b"3": Kind.CHARACTER,
    b"4": Kind.BLOCK,
    b"5": Kind.DIRECTORY,
    b"6": Kind.FIFO,
}
HEADER_ONLY = (Kind.HARDLINK, Kind.SYMLINK, Kind.CHARACTER, Kind.BLOCK, Kind.DIRECTORY, Kind.FIFO)
EMPTY = sha256().digest()


def scan(file: BinaryIO, limits: Limits) -> list[Member]:
    """The members of a seekable, uncompressed tar; their content is passed over, not read.

    Raises:
        MalformedLayer, LimitExceeded: as for :func:`read_members`.
    """
    members = []
    reader = TarReader(FileStream(file), limits)
    for member in reader:
        members.append(member)
        if len(members) > limits.archive_members:
            raise LimitExceeded("archive_members", limits.archive_members, len(members))
    return members


def read_members(chunks: Iterable[Bytes], limits: Limits) -> "TarReader":
    """The members of a tar that comes in chunks, with the sha256 of each content.

    Raises (while iterating):
        MalformedLayer: damage, with the byte where it lies.
        LimitExceeded: an extension header or sparse map that is too large.
    """
    return TarReader(ChunkStream(chunks), limits)


class TarReader:
    """Iterates the members; ``notes`` tells what was odd, as (path, sentence)."""

    def __init__(self, stream: ChunkStream | FileStream, limits: Limits) -> None:
        self.stream = stream
        self.limits = limits
        self._sizes = sparse.LogicalSizes(limits)
        self.notes: list[tuple[bytes, str]] = []

    def __iter__(self) -> Iterator[Member]:
        stream, limits = self.stream, self.limits
        extensions: Extensions | None = None
        while True:
            if extensions is None and isinstance(stream, ChunkStream):
                yield from self._plain_files(stream)
            block = stream.block()
            if not block or block == ZEROS:
                break
            if len(block) < BLOCK:
                raise MalformedLayer(f"The tar ends at byte {stream.offset}, inside a header.")
            header = parse_header(block, stream.offset - BLOCK)
            if header.type in EXTENSIONS:
                extensions = extensions or Extensions()
                extensions.read(header, stream, limits, self.notes)
                continue
            yield self._member(header, block, extensions or Extensions())
            extensions = None
        self._end(block, extensions)

    def _plain_files(self, stream: ChunkStream) -> Iterator[Member]:
        """Regular files without extensions that lie whole in the chunk at hand.

        Most of a layer is made of them, so this decides how fast it is read:
        one pass without calls, which leaves everything else to ``__iter__``.
        """
        chunk, at = stream.window()
        start, base, size_of_chunk = at, stream.offset - at, len(chunk)
        unpack, sums, kind, new, hashed = FIELDS.unpack_from, KNOWN_SUMS.get, Kind.FILE, tuple.__new__, sha256
        known = KNOWN_NUMBERS.get
        while at + BLOCK <= size_of_chunk:
            block = chunk[at : at + BLOCK]
            name, mode, uid, gid, size, mtime, checksum, flag, _, magic = unpack(block)
            if flag != b"0" or not block.isascii():
                break
            if sums(checksum) != adler32(block) & 0xFFFF and not checksum_holds(block, checksum):
                break
            name = name.rstrip(b"\0")
            if block[345] and magic[:6] == USTAR:
                name = block[345:500].rstrip(b"\0") + b"/" + name
            length = number(size, "size") if (value := known(size)) is None else value
            data = at + BLOCK
            after = data + length + -length % BLOCK
            if length < 0 or after > size_of_chunk or name[-1:] == b"/" or b"\0" in name:
                break
            at = after
            fields = (
                name,
                kind,
                (number(mode, "mode") if (value := known(mode)) is None else value) & 0o7777,
                number(uid, "uid") if (value := known(uid)) is None else value,
                number(gid, "gid") if (value := known(gid)) is None else value,
                length,
                number(mtime, "mtime") if (value := known(mtime)) is None else value,
                base + data,
                hashed(chunk[data : data + length]).digest()
                if length < QUIET
                else quiet_digest(chunk, data, length),
                None,
                None,
            )
            yield new(Member, fields)
        stream.advance(at - start)

    def _member(self, header: Header, block: bytes, extensions: Extensions) -> Member:
        """A member with everything its headers say applied."""
        name = header.name if extensions.name is None else extensions.name
        linkname = header.linkname if extensions.linkname is None else extensions.linkname
        fields = dict(extensions.records)
        name = fields.get(b"path") or name
        linkname = fields.get(b"linkpath") or linkname
        uid = owned(pax.owner(value, "uid") if (value := fields.get(b"uid")) else header.uid)
        gid = owned(pax.owner(value, "gid") if (value := fields.get(b"gid")) else header.gid)
        size = pax.integer(value, "size") if (value := fields.get(b"size")) else header.size
        mtime, mtime_ns = pax.time(value) if (value := fields.get(b"mtime")) else (header.mtime, 0)
        kind = self._kind(header, name)
        if size < 0:
            raise MalformedLayer(f"The member {shown(name)} has a negative size.")
        name = fields.get(b"GNU.sparse.name") or name
        logical, regions = self._sparse(header, block, extensions.records, fields, size)
        size = size - (self.stream.offset - self._body_start)
        offset = self.stream.offset
        digest = None
        if kind in HEADER_ONLY:
            logical = 0
        else:
            digest = self._content(size, regions, logical)
        note = ""
        if kind is Kind.UNKNOWN:
            note = f"type {shown(header.type)} is unknown: kept, not extracted"
        extra = Extra(
            mtime_ns,
            tuple(
                (key.removeprefix(pax.XATTR), value)
                for key, value in fields.items()
                if key.startswith(pax.XATTR)
            ),
            device(block) if kind in (Kind.CHARACTER, Kind.BLOCK) else None,
            regions or (),
            note=note,
        )
        return Member(
            name,
            kind,
            header.mode & 0o7777,
            uid,
            gid,
            logical,
            mtime,
            offset,
            digest,
            linkname if kind in (Kind.SYMLINK, Kind.HARDLINK) else None,
            None if extra == PLAIN else extra,
        )

    def _kind(self, header: Header, name: bytes) -> Kind:
        kind = KINDS.get(header.type, Kind.UNKNOWN)
        if kind is Kind.FILE and name.endswith(b"/") and header.type in b"0\0":
            return Kind.DIRECTORY  # as v7 tars spell it
        return kind

    def _sparse(
        self,
        header: Header,
        block: bytes,
        records: list[tuple[bytes, bytes]],
        fields: dict[bytes, bytes],
        size: int,
    ) -> tuple[int, sparse.Regions | None]:
        """The size with holes, and the stored regions (None for a file without holes)."""
        self._body_start = self.stream.offset
        if header.type == b"S" and header.magic == GNU:
            logical, regions = sparse.old_gnu_map(block, self.stream.block, self.limits)
            self._body_start = self.stream.offset
            self._sizes.count(logical, size, self._body_start)
            return logical, sparse.checked(regions, logical, size)
        real = fields.get(b"GNU.sparse.realsize") or fields.get(b"GNU.sparse.size")
        if not real or KINDS.get(header.type) is not Kind.FILE:
            return size, None
        logical = pax.integer(real, "GNU.sparse.size")
        self._sizes.count(logical, size, self._body_start)
        numbers, taken = sparse.pax_map(records, self.limits), 0
        if fields.get(b"GNU.sparse.major") == b"1":
            numbers, taken = sparse.pax_1_0_map(self.stream.block, self.limits)
        if numbers is None:
            return size, None
        return logical, sparse.regions_of(numbers, logical, size - taken)

    def _content(self, size: int, regions: sparse.Regions | None = None, logical: int = 0) -> bytes | None:
        """Pass over a body and its padding; its sha256 if the bytes were there to read."""
        stream = self.stream
        if isinstance(stream, FileStream):
            stream.skip(size + -size % BLOCK)
            return None
        if regions is not None:
            return self._sparse_content(stream, size, regions, logical)
        if not size:
            return EMPTY
        digest = sha256()
        stream.feed(size, digest.update)
        stream.skip(-size % BLOCK)
        return digest.digest()

    def _sparse_content(self, stream: ChunkStream, size: int, regions: sparse.Regions, logical: int) -> bytes:
        """The sha256 of a sparse file with its holes filled with zeros."""
        digest = sha256()
        at = 0
        for offset, length in regions:
            sparse.zeros(offset - at, digest.update)
            stream.feed(length, digest.update)
            at = offset + length
        sparse.zeros(logical - at, digest.update)
        stream.skip(-size % BLOCK)
        return digest.digest()

    def _end(self, block: bytes, extensions: Extensions | None) -> None:
        """After the last member: two zero blocks, or the end of the bytes; anything more is noted."""
        stream, notes = self.stream, self.notes
        if extensions is not None:
            raise MalformedLayer(
                f"The tar ends at byte {stream.offset}, after an extension header without its member."
            )
        if not block:
            if stream.offset:
                notes.append((b"", "the tar has no end mark (two blocks of zeros)"))
            return
        second = stream.block()
        if second and second != ZEROS:
            raise MalformedLayer(
                f"The tar has a block of zeros at byte {stream.offset - 2 * BLOCK} and then goes on."
            )
        if isinstance(stream, ChunkStream) and stream.drain():
            notes.append((b"", "bytes follow the end mark: kept in the blob, ignored as engines do"))


PLAIN = Extra()
QUIET = 2048
"""From this size on hashlib lets go of the interpreter's lock, and has to wait to get it back."""


def quiet_digest(chunk: bytes, start: int, length: int) -> bytes:
    """The sha256 of part of a chunk: in bites that keep the lock while waiting for it costs more."""
    end = start + length
    if length > 16 * QUIET:
        return sha256(memoryview(chunk)[start:end]).digest()
    digest = sha256()
    for at in range(start, end, QUIET - 1):
        digest.update(chunk[at : min(at + QUIET - 1, end)])
    return digest.digest()
