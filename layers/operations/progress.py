"""How a long operation tells how far it is, and is told to stop."""

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """How far an import is: bytes of the stage, done and in all (None while unknown)."""

    stage: str
    """``receive``, ``verify`` or ``index``."""
    done: int
    total: int | None
    detail: str


class Cancelled(Exception):
    """Raised by a progress callback to stop; the import leaves nothing behind."""


Report = Callable[[Progress], None]
