"""Work that one process of the library does at a time; the lock ends with its holder, however that ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether nobody else is doing the work of that name; nobody else begins it before the block ends."""
    with (Path(settings.DATA_DIR) / "tmp" / f".{name}.lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
