"""I5: no row points at one that is missing, none is left of what is gone, and the next number is free."""

from collections.abc import Iterator, Sequence
from itertools import chain as together
from typing import Final

from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _

from layers.models import Chain, Change, Directory, FileEntry, Layer, NumberRange
from layers.queries.fsck.problem import Fault, Problem

DANGLING_CHANGES = (
    "SELECT c.id FROM layers_change c LEFT JOIN layers_fileentry e ON e.id = c.{column}"
    " WHERE c.{column} IS NOT NULL AND e.id IS NULL ORDER BY c.id LIMIT 1000"
)
ENTRY_TABLE = "entry"
"""What ``NumberRange`` calls the numbers of entries."""

NUMBERED: Final[tuple[type[Model], ...]] = (FileEntry, Directory, Change)
Range = tuple[int, int]
"""The first number, and the one after the last."""


def check_numbers() -> Iterator[Problem]:
    """All that holds without the database's own foreign keys."""
    yield from check_changes()
    for model in NUMBERED:
        name = ENTRY_TABLE if model is FileEntry else table(model)
        ranges = taken(model)
        yield from check_ranges(model, ranges)
        yield from check_next(name, ranges)


def check_changes() -> Iterator[Problem]:
    """Chains with a change of which an entry is missing, where that is not because a layer's are."""
    dangling: set[int] = set()
    for column in ("entry_id", "lower_id"):
        with connection.cursor() as cursor:
            cursor.execute(DANGLING_CHANGES.format(column=column))
            dangling |= {number for (number,) in cursor.fetchall()}
    for chain in Chain.objects.filter(staging="").order_by("depth", "pk") if dangling else ():
        mine = range(chain.first_change, chain.first_change + chain.change_count)
        if any(number in mine for number in dangling):
            sentence = _("A change of it leads to an entry that is not here.")
            yield Problem(Fault.REFERENCE_DANGLING, chain.chain_id, sentence, chain.pk)


def taken(model: type[Model]) -> list[Range]:
    """The ranges of numbers that belong to something, seen or not yet seen, in order."""
    if model is FileEntry:
        rows = Layer.objects.values_list("first_entry", "entry_count")
    elif model is Directory:
        rows = Chain.objects.values_list("first_directory", "directory_count")
    else:
        rows = Chain.objects.values_list("first_change", "change_count")
    return sorted((first, first + count) for first, count in rows if count)


def check_ranges(model: type[Model], ranges: Sequence[Range]) -> Iterator[Problem]:
    """No two overlap, and no row lies between them."""
    end = 0
    for first, after in ranges:
        if first < end:
            told = {"first": first, "end": end}
            sentence = _("The numbers from %(first)d to %(end)d are taken twice.") % told
            yield Problem(Fault.NUMBERS_WRONG, table(model), sentence)
        end = max(end, after)
    for first, after in loose(model, ranges):
        told = {"first": first, "last": after - 1}
        sentence = _("The rows from %(first)d to %(last)d belong to nothing.") % told
        yield Problem(Fault.ROWS_LOOSE, table(model), sentence, first)


def loose_ranges() -> Iterator[tuple[type[Model], int, int]]:
    """All rows that belong to nothing: table, first number, and the one after the last."""
    for model in NUMBERED:
        for first, after in loose(model, taken(model)):
            yield model, first, after


def loose(model: type[Model], ranges: Sequence[Range]) -> Iterator[Range]:
    """The gaps between the ranges in which there are rows, narrowed to those."""
    starts = [0, *(after for _first, after in ranges)]
    ends = [*(first for first, _after in ranges), 2**62]
    for start, end in zip(starts, ends, strict=True):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT min(id), max(id) FROM {table(model)} WHERE id >= %s AND id < %s", [start, end]
            )
            first, last = cursor.fetchone()
        if first is not None:
            yield first, last + 1


def check_next(name: str, ranges: Sequence[Range]) -> Iterator[Problem]:
    """The numbers that are handed out next are not in use."""
    highest = max(together((0,), (after for _first, after in ranges)))
    following = NumberRange.objects.filter(table=name).values_list("next_number", flat=True).first() or 1
    if following < highest:
        told = {"next": following, "free": highest}
        sentence = _("The next number is told as %(next)d; the first free one is %(free)d.") % told
        yield Problem(Fault.NUMBERS_WRONG, name, sentence, highest)


def table(model: type[Model]) -> str:
    return model._meta.db_table
