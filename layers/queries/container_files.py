"""The content of a container's files: new bytes from the blob store, the rest from the image's layers."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F

from layers.models import Container, Image, Layer
from layers.oci.changeset.chunks import read_chunks
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import as_text
from layers.oci.unionfs.mergedview import UpperEntry
from layers.queries.change_rows import entries_numbered
from layers.queries.files import ContentMissing, EntryReader, checked, open_entry
from layers.queries.tree import NoSuchPath
from layers.queries.uppers import open_upper
from layers.storage import open_blob


@dataclass(frozen=True, slots=True)
class BlobReader:
    """The bytes of a file that was written in the container; as :class:`EntryReader`."""

    size: int
    _digest: str | None
    """None for an empty file, which needs no blob."""

    def read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset`` on: fewer only at the end of the file."""
        return b"".join(self._between(offset, min(offset + size, self.size)))

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """All bytes from ``offset`` on, in pieces of at most 1 MiB; from the beginning on, checked."""
        pieces = self._between(offset, self.size)
        return checked(pieces, bytes.fromhex(self._digest[-64:])) if self._digest and not offset else pieces

    def _between(self, at: int, end: int) -> Iterator[bytes]:
        if self._digest is None or at >= end:
            return
        try:
            file = open_blob(self._digest)
        except FileNotFoundError as error:
            raise ContentMissing(f"Blob {self._digest} is not in the blob store.") from error
        with file:
            yield from read_chunks(file, at, end - at)


FileReader = BlobReader | EntryReader


def open_container_file(container: Container, path: bytes, *, follow: bool = False) -> FileReader:
    """The content of a regular file of the container; with ``follow`` symlinks lead on, inside it.

    Raises:
        NoSuchPath: nothing is there.
        ValueError: what is there has no content.
        ContentMissing: the blob store lacks what holds it.
    """
    upper = open_upper(container)
    path = upper.real(path, follow=True) if follow else path
    own, entry = upper.own(path), upper.at(path)
    if entry is None:
        raise NoSuchPath(f"/{as_text(path)} does not exist in {container.name}.")
    return open_content(container.image, entry if own is None else own)


def open_content(image: Image, entry: UpperEntry | Entry) -> FileReader:
    """The content of a file of the image, or of the upper over it. Raises as :func:`open_container_file`."""
    if entry.kind is not Kind.FILE:
        raise ValueError(f"a {entry.kind.word} has no content")
    if isinstance(entry, Entry):
        return open_entry(entry, layer_holding(image, entry.number))
    if entry.origin is None:
        return BlobReader(entry.size, entry.content)
    origin = entries_numbered([entry.origin])[entry.origin]
    return open_entry(origin, layer_holding(image, entry.origin))


def layer_holding(image: Image, number: int) -> Layer:
    """The layer of the image that the entry with that number is in. Raises ``ContentMissing``."""
    layers = Layer.objects.filter(image_layers__image=image, first_entry__lte=number)
    layer = layers.filter(first_entry__gt=number - F("entry_count")).first()
    if layer is None:
        raise ContentMissing(f"No layer of the image holds entry {number}.")
    return layer
