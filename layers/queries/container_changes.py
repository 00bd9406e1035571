"""What a container changed: A, C and D as ``docker diff`` prints them."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter

from layers.models import Container
from layers.oci.unionfs.upper import Upper
from layers.queries.changes import ALL, ChangePage, ChangeRow, Filter, change_row
from layers.queries.uppers import UPPERS_KEPT, open_upper


def container_changes(
    container: Container, wanted: Filter = ALL, *, offset: int = 0, limit: int | None = None
) -> ChangePage:
    """What ``docker diff`` says of the container, by path.

    Silent rows are what the next layer would hold and ``docker diff`` does not mention.
    """
    rows = wanted.ordered([row for row in all_changes(container) if wanted.wants(row)])
    return ChangePage(rows[offset:] if limit is None else rows[offset : offset + limit], len(rows))


def all_changes(container: Container) -> Sequence[ChangeRow]:
    """Every row, silent ones too, by path."""
    return changes_of(open_upper(container))


@lru_cache(UPPERS_KEPT)
def changes_of(upper: Upper) -> tuple[ChangeRow, ...]:
    """The rows of an upper that nobody edits: a page asks for them several times."""
    return tuple(sorted(map(change_row, upper.changes()), key=attrgetter("path")))


def container_counts(container: Container) -> dict[str, int]:
    """How many rows of each kind there are; ``silent`` counts what docker diff leaves out."""
    counts = Counter("silent" if row.silent else row.kind for row in all_changes(container))
    return {kind: counts[kind] for kind in ("A", "C", "D", "silent")}
