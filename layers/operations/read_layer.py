"""One layer out of an archive: checked, walked and copied, in one pass over its bytes.

Three workers share the two things that cost time, unpacking and hashing, and
hand each other chunks: one reads and unpacks, one hashes the tar, this one
walks it and hashes its files. All of these let go of the interpreter's lock.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from layers.oci.archive.parts import LayerPart, Part
from layers.oci.changeset.chunks import read_chunks
from layers.oci.changeset.compression import Compression, decompressed, sniff
from layers.oci.changeset.reader import TarReader, read_members
from layers.oci.errors import DigestMismatch, LimitExceeded, MalformedLayer, OCIError, shown
from layers.oci.limits import Limits
from layers.oci.unionfs.extract import Extractor

CHUNKS_AHEAD = 6
SNIFF_SIZE = 8

Bytes = bytes | memoryview


@dataclass(slots=True)
class ReadLayer:
    """What came of reading a layer: names for its bytes, and its entries."""

    digest: str
    """Of the stored bytes."""
    diff_id: str
    size: int
    tar_size: int
    compression: Compression
    extractor: Extractor
    path: Path | None = None
    """The staged copy of the stored bytes."""


class Relay:
    """A thread that hands each chunk of a stream to a function, a few chunks behind."""

    def __init__(self, consume: Callable[[Any], object]) -> None:
        self._queue: Queue[Any] = Queue(CHUNKS_AHEAD)
        self._consume = consume
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, chunk: Any) -> None:
        self._queue.put(chunk)

    def _run(self) -> None:
        while (chunk := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._consume(chunk)
                except BaseException as error:
                    self._error = error

    def finish(self) -> None:
        """Wait until all is consumed; raises what the function raised."""
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error


class Ahead:
    """An iterator that is read by a thread of its own, a few items ahead."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._queue: Queue[tuple[Any, BaseException | None]] = Queue(CHUNKS_AHEAD)
        self._stopped = False
        self._items = items
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                if self._stopped:
                    return
                self._queue.put((item, None))
        except BaseException as caught:
            error = caught
        self._queue.put((None, error or StopIteration()))

    def __iter__(self) -> Iterator[Any]:
        while True:
            item, error = self._queue.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item

    def stop(self) -> None:
        """Let the thread end, whatever it still holds."""
        self._stopped = True
        while self._thread.is_alive():
            while not self._queue.empty():
                self._queue.get_nowait()
            self._thread.join(0.01)


class Stored:
    """The stored bytes of a part on their way past: hashed and counted."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.hash = sha256()
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in read_chunks(self.part.file, self.part.offset, self.part.size):
            self.hash.update(chunk)
            self.count += len(chunk)
            yield chunk

    @property
    def digest(self) -> str:
        return f"sha256:{self.hash.hexdigest()}"


def read_layer(
    layer: LayerPart, copy: Callable[[], Path], limits: Limits, advance: Callable[[int], None]
) -> ReadLayer:
    """Read ``layer`` to its end; ``copy`` stages its bytes, ``advance`` hears how many have been read.

    Raises:
        MalformedLayer, LimitExceeded, DigestMismatch: with the layer's name in the archive.
    """
    copied: list[Path] = []
    copying = Relay(lambda copy: copied.append(copy()))
    copying.put(copy)
    try:
        read = _read(layer, limits, advance)
    except (MalformedLayer, LimitExceeded):
        check_stored(layer)  # damaged on the way here is the better answer, if it is true
        raise
    finally:
        copying.finish()
    check(layer, read.digest, read.diff_id)
    read.path = copied[0]
    return read


def _read(layer: LayerPart, limits: Limits, advance: Callable[[int], None]) -> ReadLayer:
    """The pass over the bytes, without the copy."""
    compression = layer_compression(layer)
    stored = Stored(layer.part)
    unpacked = Ahead(decompressed(stored, compression, limits, shown(layer.part.name)))
    tar = sha256()
    hashing = Relay(tar.update) if compression != "plain" else None
    tar_size = 0

    def pieces() -> Iterator[Bytes]:
        nonlocal tar_size
        for piece in unpacked:
            tar_size += len(piece)
            if hashing:
                hashing.put(piece)
            advance(stored.count)
            yield piece

    extractor = Extractor(limits)
    try:
        walk(read_members(pieces(), limits), extractor, shown(layer.part.name))
    finally:
        unpacked.stop()
        if hashing:
            hashing.finish()
    diff_id = f"sha256:{tar.hexdigest()}" if hashing else stored.digest
    return ReadLayer(stored.digest, diff_id, layer.part.size, tar_size, compression, extractor)


def check_stored(layer: LayerPart) -> None:
    """Hold the stored bytes alone against their digest; raises ``DigestMismatch``."""
    if layer.digest is not None:
        stored = Stored(layer.part)
        for _ in stored:
            pass
        check(layer, stored.digest, None)


def walk(reader: TarReader, extractor: Extractor, where: str) -> None:
    """Unpack every member; an error names the layer it is in."""
    try:
        extractor.add_all(reader)
    except OCIError as error:
        if where not in str(error):
            error.args = (f"{where}: {error}",)
        raise
    extractor.notes += reader.notes


def layer_compression(layer: LayerPart) -> Compression:
    """How the layer is packed, told by its first bytes; bzip2 and xz are none that a layer may have.

    Raises:
        MalformedLayer: a compression that no engine reads in a layer.
    """
    head = next(read_chunks(layer.part.file, layer.part.offset, min(layer.part.size, SNIFF_SIZE)), b"")
    compression = sniff(head)
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
