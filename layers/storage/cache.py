"""The cache: files made from what the library holds, to read it faster; any may go at any time."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings


def open_cached(name: str, expected_size: int, make: Callable[[BinaryIO], None]) -> BinaryIO | None:
    """The cached file of that name, made by ``make`` where it is not there yet.

    ``None`` where the cache cannot hold it: ``expected_size`` is more than half of
    ``settings.CACHE_SIZE``, or the disk is full. One process makes at a time,
    the others wait; the file shows up whole or not at all.
    """
    if expected_size > settings.CACHE_SIZE // 2:
        return None
    path = cache_path() / name
    try:
        return _open(path) or _make(path, make)
    except OSError:
        return None


def has_cached(name: str) -> bool:
    """Whether the cache has a file of that name now."""
    return (cache_path() / name).exists()


def read_cached(name: str) -> bytes | None:
    """The whole of a cached file; ``None`` where there is none."""
    with suppress(OSError):
        file = _open(cache_path() / name)
        if file is not None:
            with file:
                return file.read()
    return None


def drop_cached(name: str) -> None:
    """Forget a file that turns out damaged: the cache is never synced, so a power cut may spoil it."""
    (cache_path() / name).unlink(missing_ok=True)


def cache_path() -> Path:
    """The directory of the cache, there or not."""
    return Path(settings.DATA_DIR) / "cache"


def _open(path: Path) -> BinaryIO | None:
    """The file, noted as used now."""
    with suppress(FileNotFoundError):
        file = path.open("rb")
        os.utime(file.fileno())
        return file
    return None


def _make(path: Path, make: Callable[[BinaryIO], None]) -> BinaryIO | None:
    with _lock():
        if file := _open(path):
            return file
        new = path.with_suffix(".new")
        try:
            with new.open("wb") as out:
                make(out)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        _shrink(path)
    return _open(path)


@contextmanager
def _lock() -> Iterator[None]:
    cache_path().mkdir(mode=0o700, exist_ok=True)
    with (cache_path() / ".lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _shrink(newest: Path) -> None:
    """Remove what was not used for longest, and what a killed maker left, until the rest fits."""
    files = [(path, path.stat()) for path in cache_path().iterdir() if path.name != ".lock"]
    files.sort(key=lambda file: (file[0] == newest, file[0].suffix != ".new", file[1].st_mtime_ns))
    excess = sum(status.st_size for _, status in files) - settings.CACHE_SIZE
    for path, status in files:
        if excess <= 0 and path.suffix != ".new":
            return
        path.unlink(missing_ok=True)
        excess -= status.st_size
