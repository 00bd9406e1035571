"""What a container changed: A, C and D as ``docker diff`` prints them, in pages and as a tree."""

from collections import Counter
from collections.abc import Sequence

from layers.models import Container
from layers.oci.changeset.paths import ancestors, split
from layers.queries.change_tree import ChangeTreeRow
from layers.queries.changes import ChangePage, ChangeRow, Filter, change_row
from layers.queries.uppers import open_upper


def container_changes(
    container: Container,
    *,
    kinds: str = "ACD",
    text: str = "",
    min_size: int = 0,
    sort: str = "path",
    silent: bool = False,
    offset: int = 0,
    limit: int | None = None,
) -> ChangePage:
    """What ``docker diff`` says of the container, by path (``sort="size"``: largest first).

    ``silent`` adds what the next layer would hold and ``docker diff`` does not mention.
    """
    wanted = Filter(kinds, text, min_size, sort, silent)
    rows = wanted.ordered([row for row in all_changes(container) if wanted.wants(row)])
    return ChangePage(rows[offset:] if limit is None else rows[offset : offset + limit], len(rows))


def all_changes(container: Container) -> Sequence[ChangeRow]:
    """Every row, silent ones too, by path."""
    return sorted(map(change_row, open_upper(container).changes()), key=lambda row: row.path)


def container_counts(container: Container) -> dict[str, int]:
    """How many rows of each kind there are; ``silent`` counts what docker diff leaves out."""
    changes = open_upper(container).changes()
    counts = Counter("silent" if change.silent else change.kind.letter for change in changes)
    return {kind: counts[kind] for kind in ("A", "C", "D", "silent")}


def container_change_tree(
    container: Container, path: bytes, *, kinds: str = "ACD", silent: bool = False
) -> list[ChangeTreeRow]:
    """The changed paths directly in a directory, by name; a directory that leads to one stays in."""
    rows = [row for row in all_changes(container) if silent or not row.silent]
    below: dict[bytes, Counter[str]] = {}
    for row in rows:
        for directory in () if row.silent else ancestors(row.path):
            below.setdefault(directory, Counter())[row.kind] += 1
    found = []
    for row in rows:
        counts = below.get(row.path, Counter())
        if split(row.path)[0] == path and (row.kind in kinds or any(counts[kind] for kind in kinds)):
            found.append(
                ChangeTreeRow(row.path, row, row.is_directory, counts["A"], counts["C"], counts["D"])
            )
    return found
