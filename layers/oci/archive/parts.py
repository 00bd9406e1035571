"""What an archive holds, as values: where each thing lies, and what is claimed of it.

Nothing here is believed yet beyond the small documents, whose digests are
checked when they are read. Whoever reads a layer checks it against
:attr:`LayerPart.digest` and :attr:`LayerPart.diff_id`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, NamedTuple

from layers.oci.changeset.chunks import read_chunks
from layers.oci.digest import Digest
from layers.oci.errors import LimitExceeded
from layers.oci.limits import Limits
from layers.oci.reference import Reference

Format = Literal["docker-archive", "oci-archive", "rootfs"]
DocumentKind = Literal["index", "attestation", "artifact"]


@dataclass(frozen=True, slots=True)
class Part:
    """A run of bytes of a seekable file: ``size`` bytes from ``offset``."""

    name: str
    """Of the member that holds the bytes, links followed; not UTF-8 comes as surrogate escapes."""
    offset: int
    size: int
    file: BinaryIO

    def read(self, limits: Limits, where: str) -> bytes:
        """All of it, if it is a document. Raises LimitExceeded: ``json_size``."""
        if self.size > limits.json_size:
            raise LimitExceeded("json_size", limits.json_size, self.size, where)
        return b"".join(self.chunks())

    def head(self, size: int) -> bytes:
        """The first bytes, at most ``size`` of them."""
        return b"".join(read_chunks(self.file, self.offset, min(size, self.size)))

    def chunks(self) -> Iterator[bytes]:
        """All of it, in pieces; the position of the file stays where it is."""
        return read_chunks(self.file, self.offset, self.size)


@dataclass(frozen=True, slots=True)
class LayerPart:
    """A blob that stays in the archive: a layer, or the content of an artifact."""

    part: Part
    media_type: str
    digest: Digest | None
    """Claimed for the bytes as they lie there; the claimed size is already known to be right."""
    diff_id: Digest | None
    """Claimed by the config for the uncompressed tar."""


@dataclass(frozen=True, slots=True)
class ImagePart:
    """One image; ``where`` names its place in the archive for messages.

    The manifest is None where the archive has none, as those of docker before 25.
    """

    config: bytes
    config_digest: Digest
    manifest: bytes | None
    manifest_digest: Digest | None
    manifest_media_type: str
    layers: tuple[LayerPart, ...]
    references: tuple[Reference, ...]
    platform: str
    where: str


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """What is kept and shown, and is no image."""

    digest: Digest
    raw: bytes
    media_type: str
    kind: DocumentKind
    blobs: tuple[LayerPart, ...] = ()
    """Of an attestation or artifact: its config and content."""
    images: tuple[Digest, ...] = ()
    """Of an index: the digests of the image manifests below it that the archive holds, in order."""


class Note(NamedTuple):
    """Something odd that does not stop an import: for the fidelity report."""

    where: str
    path: str
    note: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All that :func:`layers.oci.archive.contents.read_contents` found."""

    format: Format
    images: tuple[ImagePart, ...] = ()
    documents: tuple[DocumentPart, ...] = ()
    index_of: Mapping[Reference, Digest] = field(default_factory=dict)
    """The index that a name stands on, for names of more than one image."""
    rootfs: LayerPart | None = None
    """The one layer of a root filesystem tar: all of the file."""
    notes: tuple[Note, ...] = ()
    """Of the archive; those on a config's fields are in ``ImageConfig.odd``."""

    def images_of(self, index: Digest) -> tuple[ImagePart, ...]:
        """The images below an index, in its order."""
        held = {image.manifest_digest: image for image in self.images}
        listed = next((document.images for document in self.documents if document.digest == index), ())
        return tuple(held[digest] for digest in listed)
