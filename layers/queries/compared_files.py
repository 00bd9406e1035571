"""The files of two sides compared: A, C and D as ``docker diff`` would tell the way from one to the other.

Only what chains above the common one touch is looked at, so it costs what differs. It is found as
it is asked for, and kept: the first page does not wait for the last, and the next comes at once.
"""

from array import array
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Final, NamedTuple

from django.conf import settings

from layers.models import Chain
from layers.oci.changeset.entry import Entry
from layers.oci.changeset.paths import ancestors
from layers.oci.unionfs.compare import differences
from layers.oci.unionfs.diff import Change, ChangeKind, Reason, compare, reason_words
from layers.oci.unionfs.mergedview import Load, MergedView
from layers.oci.unionfs.tree import Children
from layers.queries.change_rows import entries_numbered
from layers.queries.changes import ChangeRow, change_row
from layers.queries.found_changes import FoundChanges
from layers.queries.merged_tree import MergedTrees, touched_directories, undisturbed, walking_order
from layers.queries.sides import Side, shared_layers
from layers.queries.uppers import Entries, read_entries

ENTRIES_AT_ONCE: Final = 8_000
"""Entries that a page may read to be able to say how many rows there are in all."""
ROWS_AT_ONCE: Final = 500
"""Rows that are found before it is looked whether they suffice."""
ROWS_KEPT: Final = 500_000
"""Of all comparisons together, 50 MB or so. The latest is kept however large it is."""
EVERY_KIND: Final = "ACD"
"""The letters of :class:`ChangeKind`, in its order."""
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

    kinds: str = EVERY_KIND
    text: str = ""
    min_size: int = 0
    sort: str = "path"
    silent: bool = False
    why: str = ""

    @property
    def needs_all(self) -> bool:
        """Whether no row is known to be the first before all are found."""
        return self.sort != "path" or self.silent

    def among(self, found: FoundChanges, places: Iterable[int]) -> list[int]:
        """Those of the places whose rows are wanted: column by column, the cheapest first."""
        if self.kinds != EVERY_KIND:
            kinds = {EVERY_KIND.index(letter) for letter in self.kinds}
            places = [place for place in places if found.kinds[place] in kinds]
        if self.why:
            places = [place for place in places if self._is_why(found.kinds[place], found.reasons[place])]
        if self.min_size:
            places = [place for place in places if found.sizes[place] >= self.min_size]
        if self.text:
            text = self.text.lower()
            places = [place for place in places if text in found.text(place)]
        return list(places)

    def _is_why(self, kind: int, reasons: int) -> bool:
        if kind != ChangeKind.CHANGED:
            return self.why == "content"
        return bool(reasons & WHY.get(self.why, 0))

    def ordered(self, found: FoundChanges, places: list[int]) -> list[int]:
        if self.sort == "size":
            return sorted(places, key=lambda place: -found.sizes[place])
        return places


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

    def __init__(self, changes: Iterator[Change], trees: MergedTrees) -> None:
        self._changes = changes
        self._trees: MergedTrees | None = trees
        self._lock = Lock()
        self._rows = FoundChanges()
        self._told = array("L")
        self._silent = array("L")
        """The places of the rows that ``docker diff`` would print, and of the others."""
        self.is_complete = False
        self.error: Exception | None = None
        """What ended the search; nobody is given half an answer afterwards."""

    def __len__(self) -> int:
        """Rows, and the directories that are still to be looked into."""
        return len(self._rows) + len(self._trees or ())

    @property
    def told_count(self) -> int:
        """Rows that ``docker diff`` would print, of those found so far."""
        return len(self._told)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind there are; ``silent`` counts what docker diff leaves out."""
        self.find_all()
        return self._counts

    @cached_property
    def _counts(self) -> dict[str, int]:
        counts = Counter(self._rows.kinds[place] for place in self._told)
        found = {letter: counts[kind] for kind, letter in enumerate(EVERY_KIND)}
        return found | {"silent": len(self._silent)}

    def page(self, wanted: FileFilter, offset: int = 0, limit: int | None = None) -> FilePage:
        """Some of the rows; without ``limit`` all of them."""
        if limit is None or wanted.needs_all:
            self.find_all()
        found = self._found(wanted, None if limit is None else offset + limit + 1)
        places = wanted.ordered(self._rows, found)[offset : None if limit is None else offset + limit]
        has_next = limit is not None and len(found) > offset + limit
        rows = list(map(change_row, self._rows.changes(places)))
        return FilePage(rows, len(found) if self.is_complete else None, has_next)

    def _found(self, wanted: FileFilter, enough: int | None) -> list[int]:
        """The places that are wanted: all if few entries are left to read, else at least ``enough``."""
        found: list[int] = []
        seen = 0
        while True:
            told, trees = self._told[seen:], self._trees
            found += wanted.among(self._rows, told)
            seen += len(told)
            has_enough = enough is None or len(found) >= enough
            if trees is None or (has_enough and trees.entry_count > ENTRIES_AT_ONCE):
                break
            self._find(seen + max(enough or 0, ROWS_AT_ONCE))
        self._rest()
        if wanted.silent:
            found += wanted.among(self._rows, self._silent)
            found.sort(key=self._rows.key)
        return found

    def _rest(self) -> None:
        """Hold nothing that was read ahead: nobody may ever ask for more."""
        with self._lock:
            if self._trees is not None:
                self._trees.forget()

    def neighbours(self, path: bytes) -> tuple[bytes | None, bytes | None]:
        """What differs before and after a path and is no directory, as far as it has been found."""
        rows = self._rows
        files = [place for place in self._told if not rows.is_directory[place]]
        key = walking_order(path)
        after = bisect_right(files, key, key=rows.key)
        before = after - 1 if after and rows.key(files[after - 1]) == key else after
        previous = rows.path(files[before - 1]) if before else None
        return previous, rows.path(files[after]) if after < len(files) else None

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
            except Exception as error:
                self.error = error
                raise
            if self.is_complete:
                self._changes, self._trees = iter(()), None

    def _advance(self, count: int) -> bool:
        """Whether there are no more."""
        for change in self._changes:
            place = len(self._rows)
            self._rows.append(change)
            (self._silent if change.silent else self._told).append(place)
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
    trees = MergedTrees((a.image, a.position), (b.image, b.position), ahead)
    before, after = over(trees.before, upper_a), over(trees.after, upper_b)
    return FileComparison(differences(touched, before, after), trees)


def over(load: Load, upper: Entries) -> Load:
    """The tree with a container's upper over it; the tree itself where there is none."""
    if not upper:
        return load
    view = MergedView(load, upper, settings.LIMITS, entries_numbered)

    def children(path: bytes) -> Children | None:
        """What the upper does not touch is not kept twice."""
        untouched = path and view.own(path) is None and not view.hides(path)
        return load(path) if untouched else view.children(path)

    return children
