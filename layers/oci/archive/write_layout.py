"""An OCI image layout as a tar: the documents one asks for, and every blob below them once."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, Self

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import split
from layers.oci.changeset.stream import Bytes
from layers.oci.changeset.writer import write_changeset, written_size
from layers.oci.digest import Digest
from layers.oci.mediatype import OCI_INDEX
from layers.oci.reference import Reference

NAME: Final = "io.containerd.image.name"
REF_NAME: Final = "org.opencontainers.image.ref.name"

ReadBlob = Callable[[], Iterable[bytes]]
LendBlob = Callable[[], Iterable[Bytes]]
"""The same bytes, each chunk good until the next one is asked for."""


@dataclass(frozen=True, slots=True)
class SavedBlob:
    """A blob to be saved."""

    digest: Digest
    size: int
    """In bytes."""
    read: ReadBlob
    lend: LendBlob | None = None
    """Where that is quicker than ``read``."""

    @classmethod
    def held(cls, raw: bytes) -> Self:
        """A small document, named by its sha256."""
        return cls(Digest.of(raw), len(raw), lambda: (raw,))


@dataclass(frozen=True, slots=True)
class SavedRoot:
    """What ``index.json`` is to list: a manifest, or an index, with its names."""

    document: SavedBlob
    media_type: str
    references: tuple[Reference, ...]
    blobs: tuple[SavedBlob, ...]
    """All that lies below the document."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is ready to be written, its blobs still where they lie."""

    parts: Mapping[bytes, SavedBlob]
    """What stands in it, by path."""

    @property
    def size(self) -> int:
        """Bytes of the whole archive."""
        return written_size(self._members())

    def chunks(self) -> Iterator[bytes]:
        """The archive: the same bytes each time.

        Raises:
            ValueError: a blob that is not as long as its ``size`` says; and what reading one raises.
        """
        return write_changeset(self._members(), lambda member: self.parts[member.path].read())

    def write_to(self, file: BinaryIO) -> None:
        """Write what :meth:`chunks` gives, and raise what it raises."""

        def lent(member: Member) -> Iterable[Bytes]:
            part = self.parts[member.path]
            return (part.lend or part.read)()

        for chunk in write_changeset(self._members(), lent):
            file.write(chunk)

    def _members(self) -> list[Member]:
        directories = {split(name)[0] for name in self.parts} - {b""}
        directories |= {split(name)[0] for name in directories}
        files = [_file(name, part.size) for name, part in self.parts.items()]
        return [_directory(name) for name in sorted(directories - {b""})] + files


def layout_archive(roots: Sequence[SavedRoot]) -> Archive:
    """The tar of an OCI image layout: an oci-archive."""
    return Archive(layout_parts(roots))


def layout_parts(roots: Sequence[SavedRoot]) -> dict[bytes, SavedBlob]:
    """The members of an image layout; a blob that several roots share is there once."""
    blobs = [blob for root in roots for blob in (*root.blobs, root.document)]
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": _index(roots)}
    return {place(blob.digest): blob for blob in blobs} | {
        b"index.json": SavedBlob.held(compact_json(index)),
        b"oci-layout": SavedBlob.held(compact_json({"imageLayoutVersion": "1.0.0"})),
    }


def compact_json(document: object) -> bytes:
    """JSON as Go's encoder writes it: no blanks, and ``< > &`` escaped.

    >>> compact_json({"author": "Ann <ann@example.org>"})
    b'{"author":"Ann \\\\u003cann@example.org\\\\u003e"}'
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # These three stand only inside strings, so they can be escaped anywhere.
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def descriptor(media_type: str, digest: Digest, size: int) -> dict[str, object]:
    """A descriptor in JSON's terms."""
    return {"mediaType": media_type, "digest": digest, "size": size}


def place(digest: Digest) -> bytes:
    """Where a blob stands in a layout."""
    return f"blobs/{digest.algorithm}/{digest.hex}".encode()


def _index(roots: Sequence[SavedRoot]) -> list[dict[str, object]]:
    """One descriptor a name; a root without names has one that is bare."""
    descriptors: list[dict[str, object]] = []
    for root in roots:
        bare = descriptor(root.media_type, root.document.digest, root.document.size)
        named = [
            bare | {"annotations": {NAME: name.full, REF_NAME: name.tag}}
            for name in map(Reference.with_default_tag, root.references)
        ]
        descriptors += named or [bare]
    return descriptors


def _directory(path: bytes) -> Member:
    return Member(path, Kind.DIRECTORY, 0o755, 0, 0, 0, 0, 0, None, None, None)


def _file(path: bytes, size: int) -> Member:
    return Member(path, Kind.FILE, 0o644, 0, 0, size, 0, 0, None, None, None)
