"""The tree of a container as its workspace shows it: what is there and what was deleted, with A, C and D."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from layers.models import Container
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import ancestors, as_text, join, split
from layers.oci.unionfs.upper import Upper
from layers.queries.changes import ChangeRow
from layers.queries.container_changes import changes_of
from layers.queries.container_tree import Totals, container_lookup, merged_totals
from layers.queries.uppers import UPPERS_KEPT, open_upper

LEADS_ON = frozenset(("parent", "mtime", "identical"))
"""Why a directory is C when only what is below it changed."""
NO_COUNTS: Counter[str] = Counter()


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """One path of a directory: seen, or deleted from what the image has."""

    path: bytes
    entry: Entry
    """What is there; of a deleted path, what the image has."""
    change: ChangeRow | None
    """What the container changed of it, silent rows left out."""
    counts: Mapping[str, int]
    """A, C and D below a directory."""
    size: int
    """Bytes of the file, or of those below a directory if the listing tells."""

    @property
    def kind(self) -> str:
        return self.change.kind if self.change is not None else ""

    @property
    def is_directory(self) -> bool:
        """Whether it opens: a deleted directory does not."""
        return self.entry.kind is Kind.DIRECTORY and self.kind != "D"

    @property
    def only_leads_on(self) -> bool:
        """Whether it is a directory that is C for what is below it alone."""
        return (
            self.kind == "C"
            and self.is_directory
            and self.change is not None
            and set(self.change.reasons) <= LEADS_ON
        )

    @property
    def change_count(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Marks:
    """The changes of a container by directory, and how many are below each."""

    rows: Mapping[bytes, Mapping[bytes, ChangeRow]]
    below: Mapping[bytes, Counter[str]]


@lru_cache(UPPERS_KEPT)
def marks_of(upper: Upper) -> Marks:
    """The marks of an upper that nobody edits; every directory of a tree asks for them."""
    rows: dict[bytes, dict[bytes, ChangeRow]] = {}
    below: dict[bytes, Counter[str]] = {}
    for row in changes_of(upper):
        if row.silent:
            continue
        rows.setdefault(split(row.path)[0], {})[row.path] = row
        for directory in ancestors(row.path):
            below.setdefault(directory, Counter())[row.kind] += 1
    return Marks(rows, below)


def change_at(container: Container, path: bytes) -> ChangeRow | None:
    """What ``docker diff`` says of one path."""
    return marks_of(open_upper(container)).rows.get(split(path)[0], {}).get(path)


class WorkspacePage(NamedTuple):
    """Some rows of a directory, and how many there are in all."""

    rows: list[WorkspaceRow]
    total: int


def workspace_listing(
    container: Container, path: bytes, *, offset: int = 0, limit: int, sized: bool = False
) -> WorkspacePage:
    """What a directory of the container holds and what was deleted from it, by name.

    Only with ``sized`` it is told how large the directories in it are.

    Raises:
        NoSuchPath: nothing is there.
        NotADirectoryError: something else is.
    """
    upper = open_upper(container)
    children = upper.children(path)
    if children is None:
        container_lookup(container, path)
        raise NotADirectoryError(f"/{as_text(path)} is no directory.")
    marks = marks_of(upper)
    changed = marks.rows.get(path, {})
    for change in changed.values():
        if change.kind == "D" and change.lower is not None:
            children[split(change.path)[1]] = change.lower
    some = [(join(path, name), children[name]) for name in sorted(children)[offset : offset + limit]]
    directories = [path for path, entry in some if entry.kind is Kind.DIRECTORY]
    totals = merged_totals(container.image, upper, directories) if sized else {}
    rows = [_row(path, entry, changed.get(path), marks, totals) for path, entry in some]
    return WorkspacePage(rows, len(children))


def _row(
    path: bytes, entry: Entry, change: ChangeRow | None, marks: Marks, totals: Mapping[bytes, Totals]
) -> WorkspaceRow:
    size = totals.get(path, (0, 0))[0] if entry.kind is Kind.DIRECTORY else entry.size
    return WorkspaceRow(path, entry, change, marks.below.get(path, NO_COUNTS), size)


@dataclass(frozen=True, slots=True)
class Branch:
    """One row of a tree whose directories may be open, as a table shows it."""

    directory: bytes
    row: WorkspaceRow | None
    """None where the rest of the directory is left out."""
    level: int
    place: int
    """Among its siblings, from 1; of what is left out, how many are shown."""
    siblings: int
    is_open: bool = False


def open_tree(
    container: Container, opened: Collection[bytes], limit: int, path: bytes = b"", level: int = 1
) -> Iterator[Branch]:
    """A directory, and those below it that are in ``opened``, ``limit`` rows of each at most.

    A directory that is not there any more is as if it had not been named.

    Raises:
        NoSuchPath, NotADirectoryError: see :func:`workspace_listing`.
    """
    rows, total = workspace_listing(container, path, limit=limit)
    for place, row in enumerate(rows, 1):
        is_open = row.is_directory and row.path in opened
        yield Branch(path, row, level, place, total, is_open)
        if is_open:
            yield from open_tree(container, opened, limit, row.path, level + 1)
    if total > limit:
        yield Branch(path, None, level, limit, total)
