"""The life of a path: every version of it that a layer holds, the hidden and deleted ones too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import connection

from layers.models import Image
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import ancestors, split
from layers.oci.unionfs.diff import Reason, compare, reason_words
from layers.queries.directories import ENTRIES, DirectoryRow, directory_rows, entries_of
from layers.queries.tree import ROOT, lineage_of, lookup

NAMED = ENTRIES.replace("ORDER BY id", "AND name = %s")
GONE = "SELECT path FROM layers_directory WHERE path IN ({}) AND chain_id = %s AND gone"
PARENT, IDENTICAL = int(Reason.PARENT), int(Reason.IDENTICAL)


@dataclass(frozen=True, slots=True)
class Below:
    """What is below a directory once a layer is laid, and how many rows ``docker diff`` has there for it."""

    size: int = 0
    count: int = 0
    added: int = 0
    changed: int = 0
    deleted: int = 0

    @property
    def told(self) -> int:
        return self.added + self.changed + self.deleted


NOTHING = Below()


@dataclass(frozen=True, slots=True)
class Version:
    """What a layer did to the path."""

    position: int
    kind: str
    """``A``, ``C`` or ``D``."""
    reasons: tuple[str, ...]
    silent: bool
    """``docker diff`` would not have mentioned it."""
    entry: Entry | None
    """None for a deletion."""
    visible: bool
    """This is the version that the image shows."""
    lower: Entry | None = None
    """What the path was before; None for an addition."""
    below: Below = NOTHING
    """Of a directory; nothing of anything else."""
    below_before: Below = NOTHING
    gone_with: bytes | None = None
    """The topmost directory that the layer deleted or replaced, this with it; None if it went by itself."""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory, or was one until it was deleted."""
        seen = self.entry or self.lower
        return seen is not None and seen.kind is Kind.DIRECTORY

    @property
    def size(self) -> int:
        """Bytes of the file, or below the directory; nothing for a deletion."""
        return size_of(self.entry, self.below)

    @property
    def size_before(self) -> int:
        return size_of(self.lower, self.below_before)

    @property
    def delta(self) -> int:
        return self.size - self.size_before


def size_of(entry: Entry | None, below: Below) -> int:
    if entry is None:
        return 0
    return below.size if entry.kind is Kind.DIRECTORY else entry.size


def versions(image: Image, path: bytes) -> list[Version]:
    """What each layer did to a path, oldest first; nothing for a path that never was.

    A directory has a version for every layer that touches anything below it.
    """
    lineage = lineage_of(image, _top(image))
    own = {row.position: row for row in directory_rows(lineage, path)}
    found: list[Version] = []
    last: Version | None = None
    for position, entry, is_cut, is_gone in _told(image, lineage, path, own):
        version = _version(position, entry, is_cut, own.get(position), last)
        if version is not None and is_gone:
            version = replace(version, gone_with=_gone_with(lineage[position], path))
        if version is not None:
            found.append(version)
            last = version
    if last is not None and last.entry is not None:
        found[-1] = replace(last, visible=True)
    return found


def _top(image: Image) -> int:
    return image.chain.depth if image.chain is not None else -1


def _told(
    image: Image, lineage: Sequence[int], path: bytes, own: dict[int, DirectoryRow]
) -> Iterable[tuple[int, Entry | None, bool, bool]]:
    """What each layer that touches the path's directory says of it, from the bottom up.

    Its position, its entry, whether it hides what was there, and whether it took the directory away.
    """
    if not path:
        yield from ((position, ROOT, False, False) for position in sorted(own))
        return
    directory, name = split(path)
    for row in sorted(directory_rows(lineage, directory)):
        entry = None if row.gone else _entry(row, name)
        if entry is not None and entry.kind is Kind.HARDLINK:
            entry = lookup(image, row.position, path).entry
        yield row.position, entry, row.cut, row.gone


def _entry(row: DirectoryRow, name: bytes) -> Entry | None:
    """The row's entry of that name."""
    with connection.cursor() as cursor:
        cursor.execute(NAMED, [row.first_entry, row.first_entry + row.entry_count, name])
        found = cursor.fetchone()
    return None if found is None else entries_of([found])[0]


def _version(
    position: int, entry: Entry | None, is_cut: bool, own: DirectoryRow | None, last: Version | None
) -> Version | None:
    """What the layer did; None where it left the path alone."""
    lower = last.entry if last else None
    before = last.below if last and lower else NOTHING
    if entry is not None and entry.kind is not Kind.WHITEOUT:
        below = _below(entry, own, before)
        if lower is None:
            return Version(position, "A", (), False, entry, False, None, below)
        reasons, visible = compare(lower, entry)
        if entry.kind is lower.kind is Kind.DIRECTORY and below.told:
            reasons, visible = reasons & ~IDENTICAL | PARENT, True
        return Version(position, "C", reason_words(reasons), not visible, entry, False, lower, below, before)
    if lower is not None and (is_cut or entry is not None):
        return Version(position, "D", (), False, None, False, lower, NOTHING, before)
    return None


def _below(entry: Entry, own: DirectoryRow | None, before: Below) -> Below:
    if entry.kind is not Kind.DIRECTORY:
        return NOTHING
    if own is None or own.gone:
        return Below(before.size, before.count)
    return Below(own.size, own.count, own.added, own.changed, own.deleted)


def _gone_with(chain: int, path: bytes) -> bytes | None:
    """The topmost directory above the path that is gone in the chain."""
    above = ancestors(path)[:-1]
    with connection.cursor() as cursor:
        cursor.execute(GONE.format(", ".join(["%s"] * len(above))), [*above, chain])
        gone = [bytes(row[0]) for row in cursor.fetchall()]
    return min(gone, key=len, default=None)
