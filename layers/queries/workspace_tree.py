"""The tree of a container as its workspace shows it: what is there and what was deleted, with A, C and D."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from layers.models import Container
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import ancestors, split
from layers.oci.unionfs.upper import Upper
from layers.queries.changes import ChangeRow
from layers.queries.container_changes import changes_of
from layers.queries.container_tree import container_listing
from layers.queries.tree import TreeRow
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
    subtree_size: int

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


def workspace_listing(container: Container, path: bytes) -> list[WorkspaceRow]:
    """What a directory of the container holds and what was deleted from it, by name.

    Raises:
        NoSuchPath: nothing is there.
        NotADirectoryError: something else is.
    """
    seen = container_listing(container, path)
    marks = marks_of(open_upper(container))
    changed = marks.rows.get(path, {})
    rows = [_row(row, changed.get(row.path), marks) for row in seen]
    rows += [_deleted(row) for row in changed.values() if row.kind == "D"]
    return sorted(rows, key=lambda row: row.path)


def _row(row: TreeRow, change: ChangeRow | None, marks: Marks) -> WorkspaceRow:
    return WorkspaceRow(row.path, row.entry, change, marks.below.get(row.path, NO_COUNTS), row.subtree_size)


def _deleted(change: ChangeRow) -> WorkspaceRow:
    assert change.lower is not None, "only what the image has can be deleted"
    return WorkspaceRow(change.path, change.lower, change, NO_COUNTS, change.size)


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
    rows = workspace_listing(container, path)
    for place, row in enumerate(rows[:limit], 1):
        is_open = row.is_directory and row.path in opened
        yield Branch(path, row, level, place, len(rows), is_open)
        if is_open:
            yield from open_tree(container, opened, limit, row.path, level + 1)
    if len(rows) > limit:
        yield Branch(path, None, level, limit, len(rows))
