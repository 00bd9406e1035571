"""What lies in the data directory and belongs to nobody: for whoever checks it, and cleans up."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings

from layers.oci.digest import is_digest
from layers.storage.blobs import blob_path, blobs_path, stagings_path, store_lock
from layers.storage.cache import cache_path
from layers.storage.staging import is_abandoned, journaled_digests

STALE_SECONDS: Final = 3600
"""Age of a file in ``tmp/`` that nobody can be writing any more."""
ASIDE: Final = "damaged"
UNFINISHED: Final = ".new"

__all__ = [
    "abandoned_names",
    "blobs_size",
    "journaled_digests",
    "misplaced_files",
    "set_aside",
    "stale_files",
    "unfinished_files",
]


def abandoned_names() -> list[str]:
    """The stagings whose owners ended without closing them."""
    if not stagings_path().is_dir():
        return []
    return [name for name in sorted(path.name for path in stagings_path().iterdir()) if is_abandoned(name)]


def misplaced_files() -> Iterator[Path]:
    """Files among the blobs that are not at the place of a digest."""
    for path in files_below(blobs_path()):
        digest = f"{path.parts[-3]}:{path.name}"
        if not is_digest(digest) or path != blob_path(digest):
            yield path


def stale_files() -> Iterator[Path]:
    """Files in ``tmp/`` that are neither an upload nor part of a staging, and that nobody writes any more."""
    for directory in (Path(settings.DATA_DIR) / "tmp", stagings_path()):
        for path in sorted(directory.iterdir()) if directory.is_dir() else ():
            with suppress(FileNotFoundError):
                age = time.time() - path.lstat().st_mtime
                if not path.is_dir() and not path.name.endswith(".lock") and age > STALE_SECONDS:
                    yield path


def unfinished_files() -> list[Path]:
    """Files that a killed process was making for the cache."""
    if not cache_path().is_dir():
        return []
    with (cache_path() / ".lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return []
        return sorted(cache_path().glob("*" + UNFINISHED))


def set_aside(digest: str) -> Path:
    """Move a damaged blob out of the store, so that nobody reads it and an import can bring a good one."""
    directory = Path(settings.DATA_DIR) / ASIDE
    directory.mkdir(mode=0o700, exist_ok=True)
    target = directory / blob_path(digest).name
    with store_lock():
        os.replace(blob_path(digest), target)
    return target


def blobs_size() -> int:
    """Bytes of all files among the blobs."""
    size = 0
    for path in files_below(blobs_path()):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def files_below(directory: Path) -> Iterator[Path]:
    for parent, _directories, names in os.walk(directory):
        yield from (Path(parent) / name for name in names)
