"""The ``Change`` rows of a chain as changes: found, and completed with their entries and paths."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from django.db import connection

from layers.models import Chain, Directory
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.unionfs.diff import Change, ChangeKind
from layers.queries.directories import ENTRIES, entries_between, entries_of

SILENT = 4
ENTRIES_A_QUERY = 500
ROWS = (
    "SELECT id, kind, reasons, entry_id, lower_id FROM layers_change"
    " WHERE id >= %s AND id < %s AND kind IN ({}) ORDER BY id LIMIT %s OFFSET %s"
)
NUMBERED = ENTRIES.replace("id >= %s AND id < %s ORDER BY id", "id IN ({})")

Row = tuple[int, int, int, int | None, int | None]


def shown_changes(chain: Chain, kinds: str, silent: bool, offset: int, limit: int) -> list[Change]:
    """``limit`` of the chain's changes, from ``offset`` on, by directory and name."""
    if chain.parent_id is None:
        return list(islice(added_entries(chain, offset), limit)) if "A" in kinds else []
    return _complete(chain, _rows(chain, kinds, silent, offset, limit))


def stored_changes(chain: Chain) -> list[Change]:
    """All of a chain's changes, silent ones too."""
    return _complete(chain, _rows(chain, "ACD", True, 0, chain.change_count))


def changes_in(chain: Chain, directory: Directory) -> list[Change]:
    """The changes of the paths directly in a directory, silent ones too."""
    if chain.parent_id is None:
        return [
            _added(directory.path, entry)
            for entry in entries_between(directory.first_entry, directory.first_entry + directory.entry_count)
            if entry.kind is not Kind.WHITEOUT
        ]
    first, count = directory.first_change, directory.change_count
    return _complete(chain, _range(first, first + count, [0, 1, 2, SILENT + 1], count, 0))


def added_entries(chain: Chain, offset: int = 0) -> Iterator[Change]:
    """The entries of a bottom layer, from the ``offset``-th on: each is added."""
    for path, first, count in directories_of(chain):
        if offset >= count and not _has_whiteouts(chain):
            offset -= count
            continue
        for entry in entries_between(first, first + count):
            if entry.kind is Kind.WHITEOUT:
                continue
            if offset:
                offset -= 1
                continue
            yield _added(path, entry)


def _has_whiteouts(chain: Chain) -> bool:
    """Whether a bottom layer holds whiteouts, which add nothing."""
    return chain.added != chain.layer.entry_count


def _added(path: bytes, entry: Entry) -> Change:
    return Change(path, entry.name, ChangeKind.ADDED, 0, False, entry, None)


def directories_of(chain: Chain) -> Iterator[tuple[bytes, int, int]]:
    """The directories a chain's layer has entries in: path, first entry, count; in path order."""
    yield from (
        Directory.objects.filter(
            pk__gte=chain.first_directory, pk__lt=chain.first_directory + chain.directory_count
        )
        .filter(entry_count__gt=0)
        .order_by("pk")
        .values_list("path", "first_entry", "entry_count")
        .iterator()
    )


def _rows(chain: Chain, kinds: str, silent: bool, offset: int, limit: int) -> list[Row]:
    codes = [code for code, letter in enumerate("ACD") if letter in kinds]
    codes += [SILENT + code for code in codes if silent]
    return _range(chain.first_change, chain.first_change + chain.change_count, codes, limit, offset)


def _range(first: int, end: int, codes: Sequence[int], limit: int, offset: int) -> list[Row]:
    if not codes:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(", ".join(["%s"] * len(codes))), [first, end, *codes, limit, offset])
        return cursor.fetchall()


def _complete(chain: Chain, rows: Sequence[Row]) -> list[Change]:
    """Rows with their entries and their directories' paths."""
    if not rows:
        return []
    entries = entries_numbered([number for row in rows for number in row[3:] if number is not None])
    paths = Paths(chain, rows[0][0], rows[-1][0])
    found = []
    for number, code, reasons, entry_id, lower_id in rows:
        entry = entries.get(entry_id) if entry_id is not None else None
        lower = entries.get(lower_id) if lower_id is not None else None
        name = (entry or lower or NAMELESS).name
        kind = ChangeKind(code % SILENT)
        found.append(Change(paths.of(number), name, kind, reasons, code >= SILENT, entry, lower))
    return found


NAMELESS = Entry(0, b"?", Kind.UNKNOWN, 0, 0, 0, 0, 0, 0, None, None, None)


class Paths:
    """Which directory a change is in: the chain's directories hold them in ranges."""

    def __init__(self, chain: Chain, first: int, last: int) -> None:
        found = (
            Directory.objects.filter(
                pk__gte=chain.first_directory, pk__lt=chain.first_directory + chain.directory_count
            )
            .filter(change_count__gt=0, first_change__lte=last, first_change__gt=first - chain.change_count)
            .order_by("first_change")
            .values_list("first_change", "path")
        )
        self._rows = list(found)
        self._firsts = [row[0] for row in self._rows]

    def of(self, change: int) -> bytes:
        """The path of the directory."""
        return self._rows[bisect_right(self._firsts, change) - 1][1]


def entries_numbered(numbers: Sequence[int]) -> dict[int, Entry]:
    """Entries by number."""
    found: dict[int, Entry] = {}
    for start in range(0, len(numbers), ENTRIES_A_QUERY):
        some = numbers[start : start + ENTRIES_A_QUERY]
        with connection.cursor() as cursor:
            cursor.execute(NUMBERED.format(", ".join(["%s"] * len(some))), some)
            found.update((entry.number, entry) for entry in entries_of(cursor.fetchall()))
    return found
