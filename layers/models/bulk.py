"""Rows by the hundred thousand: the database's own fastest way in.

``bulk_create`` builds an object a row; an import has the rows as tuples already
(docs/performance.md has the figures).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice

from django.db import connection, models, transaction

from layers.models.entries import NumberRange

ROWS_A_TRANSACTION = 5000
"""Few enough that a page that writes meanwhile waits for milliseconds only."""
ROWS_A_STATEMENT = 1000
"""SQLite takes 32,766 parameters; the widest table here has 15 columns."""

Row = Sequence[object]


def reserve_numbers(table: str, count: int) -> int:
    """The first of ``count`` contiguous ids that nobody else gets."""
    with transaction.atomic():
        NumberRange.objects.get_or_create(table=table)
        numbers = NumberRange.objects.select_for_update().get(table=table)
        first = numbers.next_number
        numbers.next_number = first + count
        numbers.save(update_fields=["next_number"])
    return first


def insert_rows(model: type[models.Model], rows: Iterable[Row]) -> None:
    """Insert rows whose values are in the order of the model's columns, in short transactions."""
    columns = [field.column for field in model._meta.concrete_fields]
    for batch in batches(rows, ROWS_A_TRANSACTION):
        with transaction.atomic():
            if connection.vendor == "postgresql":
                _copy(model._meta.db_table, columns, batch)
            else:
                _insert(model._meta.db_table, columns, batch)


def batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """``rows`` in lists of at most ``size``."""
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch


def _insert(table: str, columns: Sequence[str], rows: list[Row]) -> None:
    """Multi-row ``VALUES``, past Django's cursor: it would rewrite each placeholder."""
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        batch = rows[start : start + ROWS_A_STATEMENT]
        statement = _statement(table, tuple(columns), len(batch))
        connection.connection.execute(statement, list(chain.from_iterable(batch)))


@lru_cache
def _statement(table: str, columns: tuple[str, ...], count: int) -> str:
    """An insert of ``count`` rows; the same object each time, so that SQLite need not parse it again."""
    one = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES " + ", ".join([one] * count)


def _copy(table: str, columns: Sequence[str], rows: list[Row]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
