"""The bytes of a blob as they are stored, each known to be right before it is handed out."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from layers.models import Blob
from layers.oci.changeset.chunks import read_chunks, size_of
from layers.oci.changeset.seal import SealBroken, sealed_pieces
from layers.oci.changeset.stream import Bytes
from layers.oci.changeset.threads import Relay
from layers.oci.digest import Digest
from layers.oci.errors import DigestMismatch
from layers.oci.limits import MIB
from layers.queries.files import ContentMissing
from layers.storage import blob_path, open_blob

ALONE_SIZE: Final = 4 * MIB
"""From this size on, hashing in a thread of its own pays."""


def check_stored(blob: Blob) -> None:
    """A first look, before anything is sent: raises ``ContentMissing`` or ``DigestMismatch``."""
    try:
        size = blob_path(blob.digest).stat().st_size
    except FileNotFoundError as error:
        raise missing(blob) from error
    if size != blob.size:
        raise changed(blob)


def read_stored(blob: Blob) -> Iterator[bytes]:
    """The blob in chunks of at most 1 MiB; it is never handed out whole unless all of it is right.

    Raises:
        DigestMismatch: the bytes are not those that were imported.
        ContentMissing: the blob store lacks them.
    """
    return map(bytes, lend_stored(blob))


def lend_stored(blob: Blob) -> Iterator[Bytes]:
    """What :func:`read_stored` gives, each chunk good until the next one is asked for."""
    try:
        file = open_blob(blob.digest)
    except FileNotFoundError as error:
        raise missing(blob) from error
    with file:
        if size_of(file) != blob.size:
            raise changed(blob)
        yield from _verified(blob, file) if blob.seal is None else _sealed(blob, file, blob.seal)


def _sealed(blob: Blob, file: BinaryIO, seal: bytes) -> Iterator[memoryview]:
    """The pieces, none handed out that is wrong."""
    try:
        yield from sealed_pieces(file, blob.size, seal)
    except SealBroken as error:
        raise changed(blob) from error


def _verified(blob: Blob, file: BinaryIO) -> Iterator[bytes]:
    """The chunks, each handed out once the next one is hashed, the last one once the digest is right."""
    hasher = Digest.parse(blob.digest).hasher()
    relay = Relay(hasher.update) if blob.size >= ALONE_SIZE else None
    held = b""
    try:
        for chunk in read_chunks(file, 0, blob.size):
            (relay.put if relay else hasher.update)(chunk)
            if held:
                yield held
            held = chunk
    finally:
        if relay:
            relay.finish()
    if hasher.hexdigest() != Digest.parse(blob.digest).hex:
        raise changed(blob)
    yield held


def missing(blob: Blob) -> ContentMissing:
    return ContentMissing(_("Blob %(digest)s is not in the blob store.") % {"digest": blob.digest})


def changed(blob: Blob) -> DigestMismatch:
    return DigestMismatch(
        _("Blob %(digest)s was changed in the blob store since its import.") % {"digest": blob.digest}
    )
