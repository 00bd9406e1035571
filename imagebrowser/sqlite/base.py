"""SQLite whose writers wait in a line.

A writer that finds the database locked asks again, ten times a second. Where others
write without a pause it may ask for half a minute and be told that the database is
locked, while they take turn after turn. So whoever begins a transaction first waits
in a line, in which the kernel wakes those who wait one after the other, and only the
first of it asks SQLite.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from django.db.backends.sqlite3 import base

SUFFIX = "-line"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that takes its place in the line before each transaction."""

    def _start_transaction_under_autocommit(self) -> None:
        with line(f"{self.settings_dict['NAME']}{SUFFIX}"):
            super()._start_transaction_under_autocommit()


@contextmanager
def line(path: str) -> Iterator[None]:
    """The first place in the line; where no file can be opened, there is no line."""
    with ExitStack() as held:
        with suppress(OSError):
            file = held.enter_context(open(path, "ab"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
