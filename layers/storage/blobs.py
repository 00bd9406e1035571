"""Blobs: files of content that is kept as it came, each named by its digest."""

import fcntl
import itertools
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings
from django.utils.translation import gettext as _

from layers.oci.digest import Digest, is_digest

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

Kept = Callable[[Collection[str]], Iterable[str]]
"""Of the digests it gets, those that the library still names. It reads, and opens no transaction."""


class BlobMissing(FileNotFoundError):
    """The store lacks a blob that it should have. ``str(error)`` is the sentence to show."""

    def __init__(self, digest: str) -> None:
        super().__init__(_("Blob %(digest)s is not in the blob store.") % {"digest": digest})


def blob_path(digest: str) -> Path:
    """Where the blob lies, there or not. Raises ``InvalidDigest`` before a path is made of the text."""
    parsed = Digest.parse(digest)
    return blobs_path() / parsed.algorithm / parsed.hex[:2] / parsed.hex


def open_blob(digest: str) -> BinaryIO:
    """The blob's bytes. Raises ``BlobMissing`` where the store lacks it."""
    try:
        return blob_path(digest).open("rb")
    except FileNotFoundError as error:
        raise BlobMissing(digest) from error


def has_blob(digest: str) -> bool:
    return blob_path(digest).is_file()


def stored_digests() -> Iterator[str]:
    """The digest of every blob in the store, in no order."""
    for path in blobs_path().glob("*/??/*"):
        digest = f"{path.parent.parent.name}:{path.name}"
        if is_digest(digest):
            yield digest


def sync_blob(digest: str) -> None:
    """Bring the blob, and its name, to the disk. Raises ``FileNotFoundError`` where it is missing."""
    path = blob_path(digest)
    sync(path)
    sync_directories(path)


def boot_id() -> str:
    """Names this run of the machine: what was written in an earlier one may have been lost with it."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else "unknown"


def blobs_path() -> Path:
    """The directory of the store."""
    return Path(settings.DATA_DIR) / "blobs"


def stagings_path() -> Path:
    """The directory that holds a directory for each import under way."""
    return Path(settings.DATA_DIR) / "tmp" / "staging"


@contextmanager
def store_lock() -> Iterator[None]:
    """Keep every other process, and thread, from publishing, claiming, removing and locking.

    Without it a staging could be taken for abandoned between its making and its
    locking, and a blob be removed between its publishing and its commit.
    """
    stagings_path().mkdir(mode=0o700, parents=True, exist_ok=True)
    with (stagings_path() / ".lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def unlink_unless_kept(candidates: Collection[str], kept: Kept) -> list[str]:
    """Remove the blobs that ``kept`` does not name; tells which. For the holder of the store lock."""
    removed = sorted(set(candidates) - set(kept(candidates)))
    for digest in removed:
        blob_path(digest).unlink(missing_ok=True)
    return removed


def sync(path: Path) -> None:
    """Bring a file or directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directories(path: Path) -> None:
    """The blob's name, and those of the directories above: another process may just have made them."""
    for directory in itertools.islice(path.parents, 4):
        sync(directory)
