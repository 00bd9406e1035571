"""All checks of the library, each problem told only if it lasts."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from django.db import DatabaseError
from django.utils.translation import gettext as _

from layers.queries.fsck.blobs import check_blobs, check_strays
from layers.queries.fsck.containers import check_containers
from layers.queries.fsck.contents import check_contents
from layers.queries.fsck.database import check_database
from layers.queries.fsck.images import check_images
from layers.queries.fsck.layers import check_chains, check_layers
from layers.queries.fsck.leftovers import check_leftovers
from layers.queries.fsck.numbers import check_numbers
from layers.queries.fsck.problem import Fault, Problem
from layers.queries.fsck.search import check_search

Check = Callable[[], Iterable[Problem]]


def check_library(*, deep: bool = False) -> Iterator[Problem]:
    """Everything that is wrong; ``deep`` reads every blob, and holds every row against them.

    Imports, edits and deletes go on meanwhile: what one look finds wrong is
    looked at a second time, and told if it still is.
    """
    told: set[Problem] = set()
    for check in checks(deep):
        found = [problem for problem in dict.fromkeys(looked(check)) if problem not in told]
        if found:
            told |= set(found) & set(looked(check))
            yield from (problem for problem in found if problem in told)


def checks(deep: bool) -> list[Check]:
    """From the ground up: what a later one builds on is told first."""
    return [
        check_database,
        partial(check_blobs, deep),
        check_images,
        check_layers,
        check_chains,
        check_numbers,
        *([check_contents] if deep else []),
        check_search,
        check_containers,
        check_leftovers,
        check_strays,
    ]


def looked(check: Check) -> Iterator[Problem]:
    """What a check finds, until the database itself fails."""
    try:
        yield from check()
    except DatabaseError as error:
        yield Problem(Fault.DATABASE_DAMAGED, "database", _("It cannot be read: %s") % error)
