"""The files of two sides compared: A, C and D as ``docker diff`` would tell the way from one to the other.

Only what chains above the common one touch is looked at, so it costs what differs. It is found as
it is asked for, and kept: the first page does not wait for the last, and the next comes at once.
"""

from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, NamedTuple

from django.conf import settings

from layers.models import Chain
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import ancestors, as_text, join
from layers.oci.unionfs.compare import differences
from layers.oci.unionfs.diff import Change, ChangeKind, Reason, compare, reason_words
from layers.oci.unionfs.mergedview import Load, MergedView
from layers.oci.unionfs.tree import Children
from layers.queries.change_rows import entries_numbered
from layers.queries.changes import ChangeRow, change_row
from layers.queries.merged_tree import MergedTree, touched_directories, undisturbed, walking_order
from layers.queries.sides import Side, shared_layers
from layers.queries.uppers import Entries, read_entries

ENTRIES_AT_ONCE: Final = 20_000
"""Entries that a page may read to be able to say how many rows there are in all."""
ROWS_AT_ONCE: Final = 500
"""Rows that are found before it is looked whether they suffice."""
ROWS_KEPT: Final = 150_000
"""Of all comparisons together; a row is up to a thousand bytes. The latest is kept however large it is."""
CONTENT: Final = Reason.CONTENT | Reason.TYPE | Reason.LINK | Reason.DEVICE
WHY: Final = {
    "content": CONTENT,
    "mode": Reason.MODE,
    "owner": Reason.OWNER,
    "time": Reason.MTIME,
    "xattr": Reason.XATTR,
}
"""What rows can be narrowed to: those with one of the reasons; what was added or deleted is content."""


class FilePage(NamedTuple):
    """Some rows, and how many there are in all; None where that is not known yet."""

    rows: list[ChangeRow]
    total: int | None
    has_next: bool = False
    """Whether others come after them."""


@dataclass(frozen=True, slots=True)
class FileFilter:
    """Which rows are wanted, and in what order."""

    kinds: str = "ACD"
    text: str = ""
    min_size: int = 0
    sort: str = "path"
    silent: bool = False
    why: str = ""

    @property
    def needs_all(self) -> bool:
        """Whether no row is known to be the first before all are found."""
        return self.sort != "path" or self.silent

    def wants(self, change: Change) -> bool:
        if change.kind.letter not in self.kinds:
            return False
        if self.why and not self._is_why(change):
            return False
        if self.min_size and size_of(change) < self.min_size:
            return False
        text = self.text.lower()
        return not text or text in f"/{as_text(join(change.directory, change.name))}".lower()

    def _is_why(self, change: Change) -> bool:
        if change.kind is not ChangeKind.CHANGED:
            return self.why == "content"
        return bool(change.reasons & WHY.get(self.why, 0))

    def ordered(self, changes: list[Change]) -> list[Change]:
        if self.sort == "size":
            return sorted(changes, key=lambda change: -size_of(change))
        return changes


def size_of(change: Change) -> int:
    """Bytes there now; of what was deleted, for a D. A directory's own are none of its content."""
    seen = change.entry or change.lower
    return 0 if seen is None or seen.kind is Kind.DIRECTORY else seen.size


def is_directory(change: Change) -> bool:
    seen = change.entry or change.lower
    return seen is not None and seen.kind is Kind.DIRECTORY


def path_key(change: Change) -> tuple[bytes]:
    return (walking_order(join(change.directory, change.name)),)


def row_between(path: bytes, lower: Entry | None, entry: Entry | None) -> ChangeRow | None:
    """The row of a path looked at alone; None where nothing differs. Of what lies below it is not known."""
    if lower is None or entry is None:
        return ChangeRow("A" if lower is None else "D", path, (), False, entry, lower)
    reasons, visible = compare(lower, entry)
    if reasons == Reason.IDENTICAL:
        return None
    return ChangeRow("C", path, reason_words(reasons), not visible, entry, lower)


class FileComparison:
    """The rows of a comparison, as far as they have been found."""

    def __init__(self, changes: Iterator[Change], trees: Sequence[MergedTree]) -> None:
        self._changes = changes
        self._trees = trees
        self._lock = Lock()
        self._told: list[Change] = []
        self._silent: list[Change] = []
        self.is_complete = False
        self.error: Exception | None = None
        """What ended the search; nobody is given half an answer afterwards."""

    def __len__(self) -> int:
        return len(self._told) + len(self._silent)

    @property
    def told_count(self) -> int:
        """Rows that ``docker diff`` would print, of those found so far."""
        return len(self._told)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind there are; ``silent`` counts what docker diff leaves out."""
        self.find_all()
        counts = Counter(change.kind.letter for change in self._told)
        return {kind: counts[kind] for kind in "ACD"} | {"silent": len(self._silent)}

    def page(self, wanted: FileFilter, offset: int = 0, limit: int | None = None) -> FilePage:
        """Some of the rows; without ``limit`` all of them."""
        if limit is None or wanted.needs_all:
            self.find_all()
        found = self._found(wanted, None if limit is None else offset + limit + 1)
        rows = wanted.ordered(found)[offset : None if limit is None else offset + limit]
        has_next = limit is not None and len(found) > offset + limit
        return FilePage(list(map(change_row, rows)), len(found) if self.is_complete else None, has_next)

    def _found(self, wanted: FileFilter, enough: int | None) -> list[Change]:
        """The rows that are wanted: all if few entries are left to read, else at least ``enough``."""
        found: list[Change] = []
        place = 0
        while True:
            found += filter(wanted.wants, self._told[place:])
            place = len(self._told)
            has_enough = enough is None or len(found) >= enough
            if self.is_complete or (has_enough and self._entry_count > ENTRIES_AT_ONCE):
                break
            self._find(place + max(enough or 0, ROWS_AT_ONCE))
        if wanted.silent:
            found += filter(wanted.wants, self._silent)
            found.sort(key=path_key)
        return found

    @property
    def _entry_count(self) -> int:
        return sum(tree.entry_count for tree in self._trees)

    def neighbours(self, path: bytes) -> tuple[bytes | None, bytes | None]:
        """What differs before and after a path and is no directory, as far as it has been found."""
        files = [change for change in self._told if not is_directory(change)]
        key = walking_order(path)
        after = bisect_right(files, key, key=lambda change: path_key(change)[0])
        before = after - 1 if after and path_key(files[after - 1])[0] == key else after
        near = (files[before - 1] if before else None, files[after] if after < len(files) else None)
        previous, following = (change and join(change.directory, change.name) for change in near)
        return previous, following

    def find_all(self) -> None:
        """Go on to the end."""
        while not self.is_complete:
            self._find(len(self._told) + ROWS_KEPT)

    def _find(self, count: int) -> None:
        """Go on until so many rows are told, or all are."""
        with self._lock, undisturbed():
            if self.error:
                raise self.error
            try:
                self.is_complete = self.is_complete or self._advance(count)
                if self.is_complete:
                    self._changes, self._trees = iter(()), ()  # they hold directories that were read ahead
            except Exception as error:
                self.error = error
                raise

    def _advance(self, count: int) -> bool:
        """Whether there are no more."""
        for change in self._changes:
            (self._silent if change.silent else self._told).append(change)
            if len(self._told) >= count:
                return False
        return True


Key = tuple[object, ...]


class Kept:
    """The comparisons that were asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, FileComparison] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> FileComparison | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None or found.error:
                return None
            self._kept.move_to_end(key)
            return found

    def put(self, key: Key, comparison: FileComparison) -> None:
        """Keep one more; the oldest go while all together have too many rows."""
        with self._lock:
            self._kept[key] = comparison
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > ROWS_KEPT:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


KEPT = Kept()


def compare_files(a: Side, b: Side) -> FileComparison:
    """The way from the files of ``a`` to those of ``b``."""
    uppers = tuple(read_entries(side.container.pk) if side.container else (0, {}) for side in (a, b))
    key = (*_key(a, uppers[0][0]), *_key(b, uppers[1][0]))
    found = KEPT.get(key)
    if found is None:
        found = _compare(a, b, uppers[0][1], uppers[1][1])
        KEPT.put(key, found)
    return found


def _key(side: Side, revision: int) -> Key:
    """What the side's files hang on: a chain never changes, a container does not at one revision."""
    container = side.container
    own = (container.pk, container.container_id, revision) if container else ()
    return side.image.image_id, side.image.pk, side.position, own


def _compare(a: Side, b: Side, upper_a: Entries, upper_b: Entries) -> FileComparison:
    shared = shared_layers(a, b)
    chains = Chain.objects.in_bulk([*a.lineage[shared:], *b.lineage[shared:]])
    touched = touched_directories(chains.values())
    for upper in (upper_a, upper_b):
        touched.update(directory for path in upper for directory in (path, *ancestors(path)))
    ahead = sorted(touched, key=walking_order)
    trees = [MergedTree(side.image, side.position, ahead) for side in (a, b)]
    before, after = (over(tree, upper) for tree, upper in zip(trees, (upper_a, upper_b), strict=True))
    return FileComparison(differences(touched, before, after), trees)


def over(tree: MergedTree, upper: Entries) -> Load:
    """The tree with a container's upper over it; the tree itself where there is none."""
    if not upper:
        return tree.children
    view = MergedView(tree.children, upper, settings.LIMITS, entries_numbered)

    def load(path: bytes) -> Children | None:
        """What the upper does not touch is not kept twice."""
        untouched = path and view.own(path) is None and not view.hides(path)
        return tree.children(path) if untouched else view.children(path)

    return load
