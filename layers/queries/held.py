"""All entries of a chain, directory by directory, without a query for each.

A layer numbers its entries in the order of their directories, so whoever goes
through the directories in path order reads each layer from its first entry to
its last, a few thousand at a time.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from django.db import connection
from django.db.models import F

from layers.models import Chain
from layers.oci.changeset.entry import Entry
from layers.oci.unionfs.accounting import Held
from layers.queries.change_rows import directories_of
from layers.queries.directories import ENTRIES, DirectoryRow, all_directory_rows, entries_of

ENTRIES_A_QUERY: Final = 2000


def held_directories(lineage: Sequence[int]) -> Iterator[tuple[bytes, list[Held]]]:
    """Every directory of the chains, in path order, with what each layer holds of it, newest first."""
    rows = all_directory_rows(lineage)
    ends = Chain.objects.filter(pk__in=lineage).annotate(
        end=F("layer__first_entry") + F("layer__entry_count")
    )
    last = dict(ends.values_list("pk", "end"))
    streams = [EntryStream(last[chain]) for chain in lineage]
    for path in sorted(rows):
        yield path, [_held(row, streams[row.position]) for row in rows[path]]


def _held(row: DirectoryRow, stream: "EntryStream") -> Held:
    entries = stream.take(row.first_entry, row.entry_count) if row.entry_count else ()
    return Held(row.position, row.cut, row.gone, entries)


def layer_entries(chain: Chain) -> Iterator[tuple[bytes, list[Entry]]]:
    """What the top layer of a chain holds, by directory."""
    stream = EntryStream(chain.layer.first_entry + chain.layer.entry_count)
    for path, first, count in directories_of(chain):
        yield path, stream.take(first, count)


class EntryStream:
    """Entries of one layer by rising number, fetched ahead."""

    def __init__(self, end: int) -> None:
        self._end = end
        self._ahead: list[Entry] = []
        self._at = 0

    def take(self, first: int, count: int) -> list[Entry]:
        """The ``count`` entries from number ``first`` on, which lies behind all that were taken."""
        ahead, end = self._ahead, self._at + count
        if end > len(ahead) or ahead[self._at].number != first:
            self._fetch(first, count)
        found = self._ahead[self._at : self._at + count]
        self._at += count
        return found

    def _fetch(self, first: int, count: int) -> None:
        with connection.cursor() as cursor:
            end = min(max(first + count, first + ENTRIES_A_QUERY), self._end)
            cursor.execute(ENTRIES, [first, end])
            self._ahead = entries_of(cursor.fetchall())
        self._at = 0
