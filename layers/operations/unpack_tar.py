"""Unpack a tar into a directory of a container: the same reader and limits as for an import."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from layers.models import Container
from layers.oci.changeset.chunks import read_chunks
from layers.oci.changeset.compression import SNIFF_SIZE, decompressed, sniff
from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.paths import as_text, check_path, clean, join
from layers.oci.changeset.reader import read_members
from layers.oci.errors import LimitExceeded, MalformedLayer, shown
from layers.oci.unionfs.extract import LATEST
from layers.oci.unionfs.upper import Upper, UpperEntry
from layers.operations.editing import editing
from layers.operations.stage_contents import Content, Contents, staged_contents
from layers.operations.write_file import Data, chunks_of

HOLE_SIZE = 2**20
Unpacked = list[tuple[Member, Content | None]]


def unpack_tar(*, container: Container, directory: bytes, stream: Data, label: str = "") -> int:
    """Unpack a tar, packed with gzip, zstd, bzip2, xz or not at all; how many members it had.

    Owners, modes, times and attributes come along. Nothing lands outside
    ``directory``, but where symlinks of the container lead. A directory that is
    there stays; any other path that is there gives way. ``directory`` is made
    if it is missing. ``label`` is what the step is called.

    Raises:
        MalformedLayer, LimitExceeded: the tar is damaged, or too much.
        EditRefused: a member cannot be put where it belongs. Nothing is unpacked.
    """
    label = label or _("unpack a tar into /%(path)s") % {"path": as_text(directory.strip(b"/"))}
    with staged_contents() as contents:
        members = _read(contents, chunks_of(stream))
        with editing(container, label) as upper:
            contents.save()
            upper.make_parents(directory)
            for member, content in members:
                _put(upper, upper.real(directory, follow=True), member, content)
    return len(members)


def _read(contents: Contents, chunks: Iterable[bytes]) -> Unpacked:
    """The members, each with its content, which is in the blob store then."""
    spool = contents.staging.new_path()
    with spool.open("w+b") as file:
        reader = read_members(_spooled(_unpacked(iter(chunks)), file), settings.LIMITS)
        members = []
        for member in reader:
            if len(members) >= settings.LIMITS.layer_entries:
                raise LimitExceeded("layer_entries", settings.LIMITS.layer_entries, len(members) + 1)
            members.append(member)
        file.flush()
        return [(member, _content(contents, file, member)) for member in members]


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of the tar, whatever they are packed with."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= SNIFF_SIZE:
            break

    def whole() -> Iterator[bytes]:
        yield head
        yield from chunks

    return decompressed(whole(), sniff(head), settings.LIMITS, _("the tar"))


def _spooled(chunks: Iterator[bytes], file: BinaryIO) -> Iterator[bytes]:
    """The chunks, kept in ``file`` on their way."""
    for chunk in chunks:
        file.write(chunk)
        yield chunk


def _content(contents: Contents, file: BinaryIO, member: Member) -> Content | None:
    if member.kind is not Kind.FILE:
        return None
    if member.extra is not None and member.extra.sparse:
        return contents.add(_with_holes(file, member, member.extra.sparse))
    content = Content(member.sha256 or b"", member.size)
    contents.add_range(file, member.offset, content)
    return content


def _with_holes(file: BinaryIO, member: Member, regions: tuple[tuple[int, int], ...]) -> Iterator[bytes]:
    """The content of a sparse file."""
    at, stored = 0, member.offset
    for offset, size in (*regions, (member.size, 0)):
        while at < offset:
            yield bytes(min(HOLE_SIZE, offset - at))
            at += min(HOLE_SIZE, offset - at)
        yield from read_chunks(file, stored, size)
        at, stored = offset + size, stored + size


def _put(upper: Upper, directory: bytes, member: Member, content: Content | None) -> None:
    """Set one member where it belongs."""
    inner = clean(member.path)
    path = join(directory, inner) if inner else directory
    check_path(path, upper.limits)
    if member.kind is Kind.UNKNOWN:
        raise MalformedLayer(f"{shown(member.path)} is of a type that nothing unpacks.")
    if member.kind is Kind.HARDLINK:
        upper.put_link(path, join(directory, clean(member.linkname or b"")))
    elif inner or member.kind is not Kind.DIRECTORY:
        upper.put(path, _entry(member, content))


def _entry(member: Member, content: Content | None) -> UpperEntry:
    """A member as it stands in an upper."""
    extra = member.extra or Extra()
    return UpperEntry(
        b"",
        member.kind,
        member.mode,
        member.uid,
        member.gid,
        content.size if content else 0,
        member.mtime if 0 <= member.mtime <= LATEST else 0,
        content.sha256 if content else None,
        content.digest if content else None,
        None,
        member.linkname,
        Extra(xattrs=extra.xattrs, rdev=extra.rdev) if extra.xattrs or extra.rdev else None,
    )
