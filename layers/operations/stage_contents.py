"""Contents on their way into a container: each file's bytes staged as a blob, before any row is touched."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from layers.models import Blob
from layers.models.bulk import batches
from layers.oci.errors import LimitExceeded
from layers.operations.clean_abandoned import discard_staging
from layers.storage import Staging, boot_id

DIGESTS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file, in the blob store."""

    sha256: bytes
    size: int

    @property
    def digest(self) -> str | None:
        """The blob's name; None for no bytes, which need no blob."""
        return f"sha256:{self.sha256.hex()}" if self.size else None


class Contents:
    """Puts contents into the blob store; nobody removes them before the step that uses them has ended."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self._sizes: dict[str, int] = {}

    def add(self, chunks: Iterable[bytes]) -> Content:
        """Keep the bytes in ``chunks``. Raises ``LimitExceeded`` past ``upload_size``."""
        path = self.staging.new_path()
        digest, size, limit = sha256(), 0, settings.LIMITS.upload_size
        with path.open("xb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                if size > limit:
                    raise LimitExceeded("upload_size", limit, size)
                file.write(chunk)
        return self._keep(path, Content(digest.digest(), size))

    def add_range(self, file: BinaryIO, offset: int, content: Content) -> None:
        """Keep a stretch of ``file`` whose sha256 and size are known."""
        if content.size:
            self._keep(self.staging.copy_from(file, offset, content.size), content)

    def _keep(self, path: Path, content: Content) -> Content:
        """Publish a staged file, unless the store has it."""
        digest = content.digest
        if digest is None or digest in self._sizes or self.staging.claim(digest):
            path.unlink()
        else:
            self.staging.publish(path, digest)
        if digest is not None:
            self._sizes[digest] = content.size
        return content

    def save(self) -> None:
        """The rows of the blobs, in the transaction of the step that uses them."""
        boot = "" if settings.DURABILITY == "strict" else boot_id()
        blobs = [Blob(digest=digest, size=size, boot=boot) for digest, size in sorted(self._sizes.items())]
        Blob.objects.bulk_create(blobs, ignore_conflicts=True)
        # Held until the step ends: a sweep may be about to drop one that nothing names yet.
        for batch in batches(((digest,) for digest in sorted(self._sizes)), DIGESTS_A_QUERY):
            rows = Blob.objects.filter(digest__in=[digest for (digest,) in batch])
            new = [row.pk for row in rows.select_for_update() if row.digest in self.staging.published]
            rows.filter(pk__in=new).exclude(boot=boot).update(boot=boot)  # lost once, and here again


@contextmanager
def staged_contents() -> Iterator[Contents]:
    """Contents for one step; those that no row names in the end are taken away."""
    staging = Staging()
    try:
        yield Contents(staging)
    except BaseException:
        discard_staging(staging)
        raise
    staging.close()
