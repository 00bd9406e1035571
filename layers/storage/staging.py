"""Stagings: where an import puts files together before they show in the store.

A blob shows up by one rename, whole or not at all. What an import has published
but not yet committed to the database stands in its staging's journal, so whoever
finds the staging without its owner knows what to take away.
"""

import fcntl
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self
from uuid import UUID, uuid4

from django.conf import settings

from layers.oci.changeset.chunks import read_chunks
from layers.oci.digest import Digest, is_digest
from layers.oci.limits import MIB
from layers.storage.blobs import (
    Kept,
    blob_path,
    has_blob,
    stagings_path,
    store_lock,
    sync,
    sync_directories,
    unlink_unless_kept,
)

COPY_SIZE: Final = 16 * MIB


class Staging:
    """A directory of one import's own, locked for as long as the process that made it lives.

    As a context manager it is closed at the end; after an exception it is left
    behind, unlocked, as it is when the process is killed:
    :func:`abandoned_stagings` then hands it to whoever cleans up.
    """

    def __init__(self) -> None:
        self.uuid = str(uuid4())
        with store_lock():
            self.directory.mkdir(mode=0o700)
            self._lock = _try_lock(self.directory)
        self._numbers = itertools.count(1)
        self.published: set[str] = set()
        """What it has put into the store itself."""

    @classmethod
    def adopt(cls, uuid: str) -> Self | None:
        """The staging of that name, whose owner is gone; ``None`` while it lives."""
        staging = cls.__new__(cls)
        staging.uuid = uuid
        staging._numbers = itertools.count(1)
        staging.published = set()
        with store_lock(), suppress(FileNotFoundError, BlockingIOError):
            staging._lock = _try_lock(staging.directory)
            return staging
        return None

    @property
    def directory(self) -> Path:
        return stagings_path() / self.uuid

    @property
    def digests(self) -> frozenset[str]:
        """What it has published or claimed."""
        return frozenset(_journal(self.directory))

    def new_path(self) -> Path:
        """A name for one more file, which goes with the staging unless it is published."""
        return self.directory / f"{next(self._numbers)}"

    def copy_from(self, file: BinaryIO, offset: int, size: int) -> Path:
        """A copy of ``size`` bytes of ``file``. The disk is told to start writing, not waited for.

        Raises ``MalformedLayer`` where the file ends early, ``OSError`` where the disk is full.
        """
        path = self.new_path()
        with path.open("xb") as copy:
            done = _copy_in_kernel(file, copy, offset, size)
            for chunk in read_chunks(file, offset + done, size - done):
                copy.write(chunk)
            copy.flush()
            _start_writing(copy.fileno(), done, size - done)
        return path

    def write(self, data: bytes) -> Path:
        """A file that holds ``data``."""
        path = self.new_path()
        path.write_bytes(data)
        return path

    def publish(self, path: Path, digest: str) -> None:
        """Move the file into the store, under a digest that the caller has checked.

        Replaces a blob that is there: what an earlier run left may be damaged. What
        may be on the disk already is never replaced by what may not.
        """
        target = blob_path(digest)
        if settings.DURABILITY == "strict" or target.exists():
            sync(path)
        with store_lock():
            self._note(digest)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.replace(target)
        if settings.DURABILITY == "strict":
            sync_directories(target)
        self.published.add(digest)

    def claim(self, digest: str) -> bool:
        """Whether the store holds the blob; if so, nobody removes it while this staging is open."""
        with store_lock():
            self._note(digest)
            return has_blob(digest)

    def discard(self, kept: Kept) -> list[str]:
        """Remove the blobs it published that ``kept`` does not name, then close it; tells which."""
        with store_lock():
            removed = unlink_unless_kept(self.digests - journaled_digests(but=self.uuid), kept)
        self.close()
        return removed

    def close(self) -> None:
        """Remove the directory; what was published stays. Call it once the database names that."""
        for path in self.directory.iterdir():
            if path.name not in ("lock", "journal"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        with store_lock():
            shutil.rmtree(self.directory)
        os.close(self._lock)

    def _note(self, digest: str) -> None:
        """Journal a digest on a line of its own, whatever an earlier write has left of a line."""
        with (self.directory / "journal").open("ab", buffering=0) as journal:
            journal.write(f"\n{Digest.parse(digest)}\n".encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            os.close(self._lock)


def has_staging(uuid: str) -> bool:
    """Whether there is a staging of that name, living or abandoned."""
    return (stagings_path() / uuid).is_dir()


def abandoned_stagings() -> Iterator[Staging]:
    """Stagings whose owners ended without closing them; the caller now owns, and closes, each."""
    if not stagings_path().is_dir():
        return
    for uuid in sorted(path.name for path in stagings_path().iterdir()):
        if _is_uuid(uuid) and (staging := Staging.adopt(uuid)):
            yield staging


def remove_blobs(digests: Iterable[str], kept: Kept) -> list[str]:
    """Remove those blobs that neither ``kept`` nor an import under way names; tells which.

    ``kept`` is asked while no import can publish, after the journals are read:
    an import commits before it drops its journal, so one of them names the blob.
    """
    with store_lock():
        return unlink_unless_kept(set(digests) - journaled_digests(), kept)


def _try_lock(directory: Path) -> int:
    """Raises ``BlockingIOError`` where somebody holds it."""
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def is_abandoned(uuid: str) -> bool:
    """Whether the staging of that name is there, and nobody owns it."""
    if not _is_uuid(uuid) or not has_staging(uuid):
        return False
    with suppress(FileNotFoundError, BlockingIOError), store_lock():
        os.close(_try_lock(stagings_path() / uuid))
        return True
    return False


def journaled_digests(but: str = "") -> frozenset[str]:
    """Every digest in the journal of a staging, living or abandoned."""
    if not stagings_path().is_dir():
        return frozenset()
    others = (path for path in stagings_path().iterdir() if path.name != but and path.is_dir())
    return frozenset(itertools.chain.from_iterable(map(_journal, others)))


def _journal(directory: Path) -> list[str]:
    try:
        lines = (directory / "journal").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [line for line in lines if is_digest(line)]


def _copy_in_kernel(file: BinaryIO, copy: BinaryIO, offset: int, size: int) -> int:
    """Bytes copied; fewer than ``size`` where the kernel cannot, or the file ends."""
    done = 0
    with suppress(OSError, AttributeError):
        while done < size:
            count = os.copy_file_range(
                file.fileno(), copy.fileno(), min(COPY_SIZE, size - done), offset + done
            )
            if not count:
                break
            _start_writing(copy.fileno(), done, count)
            done += count
    return done


def _start_writing(descriptor: int, offset: int, size: int) -> None:
    """Have the kernel start on dirty pages now: left for later they make some other write wait."""
    if size and hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, size, os.POSIX_FADV_DONTNEED)
