"""The contents of a container's own files, in the order of their paths, each held against its digest."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from django.utils.translation import gettext as _

from layers.models import Image
from layers.oci.changeset.entry import Kind
from layers.oci.errors import DigestMismatch, shown
from layers.oci.unionfs.mergedview import UpperEntry
from layers.queries.change_rows import entries_numbered
from layers.queries.container_files import BlobReader
from layers.queries.container_tree import Origins
from layers.queries.forward import ForwardFiles


class UpperContents:
    """Reads the files among ``entries``, one after another."""

    def __init__(self, image: Image, entries: Iterable[UpperEntry]) -> None:
        shared = [entry.origin for entry in entries if entry.kind is Kind.FILE and entry.origin is not None]
        self._files = ForwardFiles(image)
        self._origins = entries_numbered(sorted(set(shared)))
        self._positions = Origins(image)

    def chunks(self, entry: UpperEntry) -> Iterator[bytes]:
        """The bytes of a file.

        Raises:
            ContentMissing: the blob store lacks what holds it.
            DigestMismatch, MalformedLayer: it was damaged since; told once all is read.
        """
        hasher = sha256()
        for chunk in self._read(entry):
            hasher.update(chunk)
            yield chunk
        if entry.sha256 is not None and hasher.digest() != entry.sha256:
            raise DigestMismatch(
                _("The content of %(path)s was changed in the blob store since it was written.")
                % {"path": shown(b"/" + entry.path)}
            )

    def _read(self, entry: UpperEntry) -> Iterator[bytes]:
        if entry.origin is None:
            return BlobReader(entry.size, entry.content).chunks()
        origin = self._origins[entry.origin]
        return self._files.open(origin, self._positions.of(origin)).chunks()
