"""One layer out of an archive: checked, walked and copied, in one pass over its bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from layers.oci.archive.parts import LayerPart
from layers.oci.changeset.compression import Compression, sniff
from layers.oci.changeset.threads import Later
from layers.oci.changeset.walk import LayerWalk, StoredRange
from layers.oci.changeset.walker import RemoteWalk, Walker
from layers.oci.errors import DigestMismatch, LimitExceeded, MalformedLayer, OCIError, shown
from layers.oci.limits import MIB, Limits
from layers.oci.unionfs.extract import Extractor

SNIFF_SIZE = 8
ALONE_SIZE = 16 * MIB
"""From this size on a layer is worth the start of a process that walks it."""


@dataclass(slots=True)
class ReadLayer:
    """What came of reading a layer: names for its bytes, and its entries."""

    digest: str
    seal: bytes
    """Both of the stored bytes."""
    diff_id: str
    size: int
    tar_size: int
    compression: Compression
    extractor: Extractor
    path: Path
    """The staged copy of the stored bytes."""


class LayerReader:
    """Reads the layers of one archive; a context manager, for the process it may start."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._walker: Walker | None = None
        self._file: BinaryIO | None = None

    def read(self, layer: LayerPart, copy: Callable[[], Path], advance: Callable[[int], None]) -> ReadLayer:
        """Read ``layer`` to its end; ``copy`` stages its bytes, ``advance`` hears how many have been read.

        Raises:
            MalformedLayer, LimitExceeded, DigestMismatch: with the layer's name in the archive.
        """
        stored = stored_range(layer)
        copying, hashing = Later(copy), Later(stored.identity)
        extractor = Extractor(self.limits)
        compression = layer_compression(layer)
        walk = self._walk(layer, compression, advance)
        try:
            unpack(walk, extractor, shown(layer.part.name))
        except (MalformedLayer, LimitExceeded):
            check_stored(layer)  # damaged on the way here is the better answer, if it is true
            raise
        finally:
            path, (digest, seal) = copying.result(), hashing.result()
        diff_id = walk.diff_id or digest
        check(layer, digest, diff_id)
        return ReadLayer(digest, seal, diff_id, layer.part.size, walk.tar_size, compression, extractor, path)

    def _walk(
        self, layer: LayerPart, compression: Compression, advance: Callable[[int], None]
    ) -> LayerWalk | RemoteWalk:
        """Here, or in the process where that pays."""
        where = shown(layer.part.name)
        stored = stored_range(layer)
        if layer.part.size < ALONE_SIZE:
            return LayerWalk(stored, compression, self.limits, where, advance)
        if self._walker is None or self._file is not stored.file:
            self.close()
            self._walker, self._file = Walker(stored.file, self.limits), stored.file
        return self._walker.walk(stored, compression, where, advance)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._walker is not None:
            self._walker.close()
            self._walker = None

    def __enter__(self) -> "LayerReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def stored_range(layer: LayerPart) -> StoredRange:
    """Where the layer's bytes lie."""
    return StoredRange(layer.part.file, layer.part.offset, layer.part.size)


def unpack(walk: LayerWalk | RemoteWalk, extractor: Extractor, where: str) -> None:
    """Unpack every member; an error names the layer it is in."""
    try:
        extractor.add_all(walk)
    except OCIError as error:
        if where not in str(error):
            error.args = (f"{where}: {error}",)
        raise
    extractor.notes += walk.notes


def check_stored(layer: LayerPart) -> None:
    """Hold the stored bytes alone against their digest; raises ``DigestMismatch``."""
    if layer.digest is not None:
        check(layer, stored_range(layer).digest(), None)


def layer_compression(layer: LayerPart) -> Compression:
    """How the layer is packed, told by its first bytes; bzip2 and xz are none that a layer may have.

    Raises:
        MalformedLayer: a compression that no engine reads in a layer.
    """
    compression = sniff(layer.part.head(SNIFF_SIZE))
    if compression not in ("plain", "gzip", "zstd"):
        raise MalformedLayer(
            f"{shown(layer.part.name)}: a layer packed with {compression}; engines read tar, gzip and zstd."
        )
    return compression


def check(layer: LayerPart, digest: str, diff_id: str | None) -> None:
    """Hold what was read against what the archive claims.

    Raises:
        DigestMismatch: naming the blob, what was expected and what was found.
    """
    name = shown(layer.part.name)
    if layer.digest is not None and layer.digest != digest:
        raise DigestMismatch(f"{name}: expected {layer.digest}, but its bytes are {digest}.")
    if diff_id is not None and layer.diff_id not in (None, diff_id):
        raise DigestMismatch(
            f"{name}: the config says its diff_id is {layer.diff_id}, but its tar is {diff_id}."
        )
