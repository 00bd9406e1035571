"""``migrate``: Django's own, all or nothing.

Django notes that a migration was applied after the transaction that applies it.
Killed in between, the next start would apply it again, to tables that are there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db import connections, transaction


class Command(migrate.Command):
    """All migrations, and the notes of them, in one transaction."""

    def handle(self, *args: Any, **options: Any) -> None:
        with one_transaction(options["database"]):
            super().handle(*args, **options)


@contextmanager
def one_transaction(alias: str) -> Iterator[None]:
    """A transaction in which tables may be changed: SQLite then does not look at foreign keys."""
    connection = connections[alias]
    is_checked = connection.vendor == "sqlite" and connection.disable_constraint_checking()
    try:
        with transaction.atomic(using=alias):
            yield
    finally:
        if is_checked:
            connection.enable_constraint_checking()
