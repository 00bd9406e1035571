"""The content of a file in a layer, read from the stored layer wherever it lies in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from itertools import accumulate
from typing import BinaryIO, Final, cast

from django.utils.translation import gettext as _

from layers.models import Layer, StoredLayer
from layers.oci.changeset.chunks import ChunkReader
from layers.oci.changeset.compression import Compression
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.reframed import read_reframed, write_reframed
from layers.oci.changeset.seek import read_range
from layers.oci.changeset.seekpoints import nearest, widest_gap
from layers.oci.digest import Digest
from layers.oci.errors import DigestMismatch, MalformedLayer
from layers.oci.limits import MIB
from layers.storage import drop_cached, has_blob, open_blob, open_cached

HOLE_SIZE: Final = MIB
"""The most of a hole that is handed out at once."""
NEAR: Final = 4 * MIB
"""Bytes that may be unpacked in vain: some 10 ms."""
QUICKEST_FIRST: Final = ("plain", "zstd", "gzip")

ReadRange = Callable[[int, int], Iterator[bytes]]
"""Bytes of a layer's tar, by offset and size."""


class ContentMissing(LookupError):
    """The blob store lacks the layer that holds the content."""


@dataclass(frozen=True, slots=True)
class Region:
    """A run of a file's bytes, and where they are stored."""

    start: int
    """In the file."""
    size: int
    stored: int
    """In the tar."""

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class EntryReader:
    """The bytes of one file; holds nothing open between two reads.

    Reading raises ``MalformedLayer`` where the stored layer was damaged and cannot be unpacked,
    ``DigestMismatch`` where a file that is read whole is another, ``ContentMissing`` where it is gone.
    """

    size: int
    _regions: tuple[Region, ...]
    """In order, without overlap; what lies between is zeros."""
    _read_range: ReadRange
    _sha256: bytes | None = None
    """Of the whole; ``None`` where nobody knows."""

    def read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset`` on: fewer only at the end of the file."""
        return b"".join(self._between(offset, min(offset + size, self.size)))

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """All bytes from ``offset`` on, in pieces of at most 1 MiB; from the beginning on, checked."""
        pieces = self._between(offset, self.size)
        return checked(pieces, self._sha256) if self._sha256 is not None and not offset else pieces

    def _between(self, at: int, end: int) -> Iterator[bytes]:
        regions = [region for region in self._regions if at < region.end and region.start < end]
        stored = ChunkReader(self._stored_bytes(regions, at, end), "the stored layer")
        for region in regions:
            yield from _zeros(region.start - at)
            at = max(at, region.start)
            while at < min(region.end, end):
                piece = stored.take(min(region.end, end) - at)
                at += len(piece)
                yield piece
        yield from _zeros(end - at)

    def _stored_bytes(self, regions: list[Region], at: int, end: int) -> Iterator[bytes]:
        """The bytes of all regions at once: they lie back to back."""
        if not regions:
            return iter(())
        first, last = regions[0], regions[-1]
        start = first.stored + max(at - first.start, 0)
        return self._read_range(start, last.stored + min(end, last.end) - last.start - start)


def open_entry(entry: Entry, layer: Layer) -> EntryReader:
    """The content of a regular file of that layer. Raises ``ContentMissing`` where no form of it is kept."""
    if entry.kind is not Kind.FILE:
        raise ValueError(f"{entry.kind.word} has no content")
    return entry_reader(entry, partial(stored_range, quickest_form(layer)))


def entry_reader(entry: Entry, read_range: ReadRange) -> EntryReader:
    """The content of a regular file, taken from its layer's tar by ``read_range``."""
    return EntryReader(entry.size, _regions(entry), read_range, entry.sha256)


def checked(pieces: Iterator[bytes], expected: bytes) -> Iterator[bytes]:
    """The same pieces, the last only if all of them are what was imported: no reader takes others for whole.

    Raises ``DigestMismatch`` instead.
    """
    found, held = sha256(), b""
    for piece in pieces:
        found.update(piece)
        if held:
            yield held
        held = piece
    if found.digest() != expected:
        raise DigestMismatch(_("The content of the file was changed in the blob store since it was kept."))
    if held:
        yield held


def _regions(entry: Entry) -> tuple[Region, ...]:
    if entry.extra is None or not entry.extra.sparse:
        return (Region(0, entry.size, entry.offset),)
    stored = accumulate((size for _, size in entry.extra.sparse), initial=entry.offset)
    return tuple(Region(*region, at) for region, at in zip(entry.extra.sparse, stored, strict=False))


def quickest_form(layer: Layer) -> StoredLayer:
    """The kept form of a layer that is read soonest. Raises ``ContentMissing``."""
    forms = StoredLayer.objects.filter(layer=layer).select_related("blob", "layer").defer("seek_points")
    for form in sorted(forms, key=lambda form: QUICKEST_FIRST.index(form.compression)):
        if has_blob(form.blob.digest):
            return form
    raise ContentMissing(f"The content of layer {layer.diff_id} is not in the blob store.")


def stored_range(form: StoredLayer, offset: int, size: int) -> Iterator[bytes]:
    """``size`` bytes of the layer's tar from ``offset`` on, in pieces."""
    with _open(form) as file:
        points = None if form.compression == "plain" or offset <= NEAR else _seek_points(form.blob.digest)
        if points is not None and offset - nearest(points, offset).offset > NEAR:
            for piece in _cached_range(form, file, offset, size):
                offset, size = offset + len(piece), size - len(piece)
                yield piece
        if size:
            yield from read_range(file, cast(Compression, form.compression), points, offset, size)


def fill_cache(form: StoredLayer) -> None:
    """Make the cached form of a layer that has no seek points near some of its files."""
    points = _seek_points(form.blob.digest)
    if points is not None and widest_gap(points, form.layer.tar_size) > NEAR:
        with _open(form) as file:
            for _ in _cached_range(form, file, 0, 0):
                pass


def _seek_points(digest: str) -> bytes | None:
    """The packed seek points; ``None`` where they are not made yet."""
    try:
        return _made_seek_points(digest)
    except LookupError:
        return None


@lru_cache(maxsize=4)
def _made_seek_points(digest: str) -> bytes:
    """Kept for the next file of the layer: fetching some MiB takes longer than reading the file."""
    forms = StoredLayer.objects.filter(blob__digest=digest).exclude(seek_points=None)
    points = forms.values_list("seek_points", flat=True).first()
    if points is None:
        raise LookupError(digest)
    return points


def _cached_range(form: StoredLayer, file: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    """What the layer's cached form has of the range; it is made now if it is not there yet."""
    name = f"{Digest.parse(form.blob.digest).hex}.zst"

    def make(out: BinaryIO) -> None:
        compression = cast(Compression, form.compression)
        write_reframed(read_range(file, compression, None, 0, form.layer.tar_size), out)

    cached = open_cached(name, form.blob.size, make)
    if cached is None:
        return
    with cached:
        try:
            yield from read_reframed(cached, offset, size)
        except MalformedLayer:
            drop_cached(name)


def _open(form: StoredLayer) -> BinaryIO:
    try:
        return open_blob(form.blob.digest)
    except FileNotFoundError as error:
        raise ContentMissing(f"Blob {form.blob.digest} is not in the blob store.") from error


def _zeros(size: int) -> Iterator[bytes]:
    while size > 0:
        yield bytes(min(size, HOLE_SIZE))
        size -= HOLE_SIZE
