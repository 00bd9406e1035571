"""Many files of an image one after another: each layer is unpacked once, not once a file."""

from collections.abc import Iterator
from typing import Final

from layers.models import Image, Layer
from layers.oci.changeset.chunks import ChunkReader
from layers.oci.changeset.entry import Entry
from layers.oci.limits import MIB
from layers.queries.files import EntryReader, entry_reader, quickest_form, stored_range
from layers.queries.tree import layer_of

OPEN_LAYERS: Final = 16
"""Layers that are read at once; each holds a file and what unpacks it."""
WORTH_SKIPPING: Final = {"plain": 64 * 1024, "gzip": 4 * MIB, "zstd": 4 * MIB}
"""Bytes of the tar that are passed over sooner than sought past."""


class LayerReader:
    """One layer's tar, read forward as long as the files that are asked for lie ahead.

    Engines write a layer in the order of its paths, in which a tree is walked too.
    """

    def __init__(self, layer: Layer) -> None:
        self._form = quickest_form(layer)
        self._size = layer.tar_size
        self._stream = ChunkReader((), "the stored layer")
        self._at = self._size + 1

    def read_range(self, offset: int, size: int) -> Iterator[bytes]:
        """``size`` bytes of the tar from ``offset`` on, in pieces."""
        if not 0 <= offset - self._at <= WORTH_SKIPPING[self._form.compression]:
            pieces = stored_range(self._form, offset, self._size - offset)
            self._stream, self._at = ChunkReader(pieces, "the stored layer"), offset
        end = offset + size
        while self._at < offset:
            self._take(offset)
        while self._at < end:
            yield self._take(end)

    def _take(self, end: int) -> bytes:
        piece = self._stream.take(end - self._at)
        self._at += len(piece)
        return piece


class ForwardFiles:
    """Opens files of one image; read each before the next is opened."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._layers: dict[int, LayerReader] = {}

    def open(self, entry: Entry, position: int) -> EntryReader:
        """A regular file of the layer at ``position``. Raises ``ContentMissing``, ``NoSuchPath``."""
        layer = self._layers.pop(position, None) or LayerReader(layer_of(self._image, position))
        self._layers[position] = layer  # the last one used stands last
        while len(self._layers) > OPEN_LAYERS:
            del self._layers[next(iter(self._layers))]
        return entry_reader(entry, layer.read_range)
