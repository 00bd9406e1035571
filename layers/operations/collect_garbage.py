"""Take away what nothing needs: rows, blobs, and what killed work has left.

What is needed: images, with a name or without; what stands in an index; containers,
with all that undoing needs; and what work under way has claimed. A file goes only
while the store is locked, after a last look at the rows and at every claim: an
import claims a blob before it commits, so one of the two names it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from layers.operations.clean_abandoned import clean_abandoned, named_digests, sync_rows
from layers.operations.record_audit import record_audit
from layers.operations.remove_left_uploads import remove_left_uploads
from layers.operations.sweep import Swept, Wanted, rehearse, sweep
from layers.queries.fsck.leftovers import left_uploads
from layers.storage import (
    abandoned_names,
    blob_path,
    journaled_digests,
    remove_blobs,
    stale_files,
    stored_digests,
    unfinished_files,
)
from layers.uploads import received_size

DIGESTS_AT_ONCE: Final = 500
NO_GRACE: Final = timedelta(0)
GRACE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Collected:
    """What was taken away, or would be."""

    digests: tuple[str, ...]
    """Of the blobs."""
    leftovers: int
    """Imports, commits and deletes that were killed, and temporary files."""
    size: int
    """Bytes that are free again."""


def collect_garbage(*, grace: timedelta = GRACE, dry_run: bool = False) -> Collected:
    """Take away what nothing needs and came longer than ``grace`` ago; with ``dry_run`` only tell it."""
    before = datetime.now(UTC) - grace if grace else None
    leftovers = len(abandoned_names()) if dry_run else clean_abandoned()
    wanted = Wanted(alone=True, before=before)
    swept = rehearse(wanted) if dry_run else sweep(list, wanted)
    strays = find_strays(before) if dry_run else remove_strays(before)
    files, size = find_leftover_files() if dry_run else remove_leftover_files()
    found = collected(swept, strays, leftovers + files, size)
    if not dry_run and (found.digests or found.leftovers):
        record_audit(action="collect garbage", target=f"{len(found.digests)} blobs, {found.size} bytes")
    return found


def collected(swept: Swept, strays: dict[str, int], leftovers: int, size: int) -> Collected:
    digests = tuple(sorted({*swept.digests, *strays}))
    return Collected(digests, leftovers, swept.size + sum(strays.values()) + size)


def remove_strays(before: datetime | None) -> dict[str, int]:
    """Remove files of the blob store that no row and no work under way names; tells their bytes."""
    removed: dict[str, int] = {}
    for sizes in stray_batches(before):
        if sizes:
            sync_rows()
        removed |= {digest: sizes[digest] for digest in remove_blobs(sizes, named_digests)}
    return removed


def find_strays(before: datetime | None) -> dict[str, int]:
    """What :func:`remove_strays` would remove."""
    found: dict[str, int] = {}
    claimed = journaled_digests()
    for sizes in stray_batches(before):
        found |= {digest: size for digest, size in sizes.items() if digest not in claimed}
    return found


def stray_batches(before: datetime | None) -> Iterable[dict[str, int]]:
    """Files that no row names, with their bytes, some hundred at a time."""
    digests = stored_digests()
    while batch := set(islice(digests, DIGESTS_AT_ONCE)):
        found = {digest: size_before(digest, before) for digest in batch - named_digests(batch)}
        yield {digest: size for digest, size in found.items() if size is not None}


def size_before(digest: str, before: datetime | None) -> int | None:
    """Bytes of the blob; None where it came later, or somebody else was quicker."""
    try:
        status = blob_path(digest).stat()
    except FileNotFoundError:
        return None
    return status.st_size if before is None or status.st_mtime <= before.timestamp() else None


def find_leftover_files() -> tuple[int, int]:
    """Temporary files and archives that nobody will come back to: how many, and their bytes."""
    paths, uploads = [*stale_files(), *unfinished_files()], list(left_uploads())
    return len(paths) + len(uploads), sum(map(size_of, paths)) + sum(map(received_size, uploads))


def remove_leftover_files() -> tuple[int, int]:
    """Remove them."""
    count, size = 0, 0
    for path in (*stale_files(), *unfinished_files()):
        count, size = count + 1, size + size_of(path)
        path.unlink(missing_ok=True)
    uploads, uploads_size = remove_left_uploads()
    return count + uploads, size + uploads_size


def size_of(path: Path) -> int:
    """Bytes of the file; 0 where somebody else was quicker."""
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
