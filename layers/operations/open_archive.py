"""An archive in whatever wrapping it comes, as something to look members up in."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from layers.oci.archive.directory import DirectorySource
from layers.oci.archive.sniff import recognise
from layers.oci.archive.source import Source, TarSource
from layers.oci.changeset.chunks import read_chunks
from layers.oci.changeset.compression import SNIFF_SIZE, decompressed, sniff
from layers.oci.changeset.entry import Member
from layers.oci.changeset.paths import as_text, clean
from layers.oci.changeset.reader import TarReader
from layers.oci.changeset.stream import FileStream
from layers.oci.errors import LimitExceeded, MalformedLayer, UnsupportedArchive, shown
from layers.oci.limits import Limits
from layers.storage import Staging

CHUNK_SIZE = 2**20


class OpenArchive:
    """The source of members, and the file as it came where that is a layer by itself."""

    def __init__(self, source: Source, original: BinaryIO | None) -> None:
        self.source = source
        self.original = original
        """The compressed file, for a root filesystem: its bytes are kept as they are."""


def open_archive(
    source: Path | BinaryIO,
    staging: Staging,
    limits: Limits,
    advance: Callable[[int, int | None], None],
    files: ExitStack,
) -> OpenArchive:
    """Open a path, a directory or a stream; a stream or a compressed file is unpacked to ``staging`` first.

    What it opens is closed by ``files``.

    Raises:
        OCIError: nothing there, damage, or a limit; the sentence says which.
    """
    if isinstance(source, Path) and source.is_dir():
        return OpenArchive(DirectorySource(source, limits), None)
    file = files.enter_context(_received(source, staging, limits, advance))
    size = file.seek(0, io.SEEK_END)
    if not size:
        raise UnsupportedArchive("The file is empty: an image archive is a tar.")
    if size > limits.upload_size:
        raise LimitExceeded("upload_size", limits.upload_size, size)
    compression = sniff(next(read_chunks(file, 0, min(SNIFF_SIZE, size))))
    if compression == "plain":
        return OpenArchive(_tar(file, limits), None)

    def stored() -> Iterator[bytes]:
        done = 0
        for chunk in read_chunks(file, 0, size):
            done += len(chunk)
            advance(done, size)
            yield chunk

    unpacked = files.enter_context(
        _spool(decompressed(stored(), compression, limits, "the archive"), staging)
    )
    return OpenArchive(_tar(unpacked, limits), file if compression in ("gzip", "zstd") else None)


def _tar(file: BinaryIO, limits: Limits) -> TarSource:
    """The members of a plain tar; what is none at all is told so."""
    head = next(read_chunks(file, 0, min(512, file.seek(0, io.SEEK_END))), b"")
    try:
        return TarSource(file, _members(file, limits), limits)
    except MalformedLayer as error:
        if len(head) < 512 or not _looks_like_tar(head):
            raise UnsupportedArchive(
                f"The file is no tar (it starts with {shown(head[:16])}): expected what docker save writes, "
                "an OCI image layout, or a root filesystem as tar."
            ) from error
        raise


def _members(file: BinaryIO, limits: Limits) -> list[Member]:
    """The members to look things up in: of a root filesystem, which may have any number, only the first.

    Raises:
        LimitExceeded: ``archive_members``, for an image archive.
    """
    members = list(islice(TarReader(FileStream(file), limits), limits.archive_members + 1))
    if len(members) > limits.archive_members:
        names = {as_text(clean(member.path)) for member in members}
        if recognise(names) != "rootfs":
            raise LimitExceeded("archive_members", limits.archive_members, "more", "the archive")
    return members


def _looks_like_tar(head: bytes) -> bool:
    """Whether the first block could be a header: the magic, or a v7 header's digits."""
    return head[257:262] == b"ustar" or head[148:154].strip(b" \0").isdigit()


def _received(
    source: Path | BinaryIO, staging: Staging, limits: Limits, advance: Callable[[int, int | None], None]
) -> BinaryIO:
    """A seekable file with the source's bytes."""
    if isinstance(source, Path):
        return source.open("rb", buffering=0)
    done = 0

    def chunks() -> Iterator[bytes]:
        nonlocal done
        while chunk := source.read(CHUNK_SIZE):
            done += len(chunk)
            if done > limits.upload_size:
                raise LimitExceeded("upload_size", limits.upload_size, done)
            advance(done, None)
            yield chunk

    return _spool(chunks(), staging)


def _spool(chunks: Iterator[bytes], staging: Staging) -> BinaryIO:
    path = staging.new_path()
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
    return path.open("rb", buffering=0)
