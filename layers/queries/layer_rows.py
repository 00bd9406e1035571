"""The rows of one layer as it lies on its chain, without the tree around it: quick, however many."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import connection

from layers.models import Chain
from layers.oci.changeset.entry import Entry
from layers.queries.directories import ENTRIES, entries_of

ROWS_A_FETCH: Final = 10_000
DIRECTORIES: Final = (
    "SELECT path, first_entry, entry_count, cut, gone FROM layers_directory WHERE id >= %s AND id < %s"
)


class Touched(NamedTuple):
    """A directory that the layer touches."""

    path: bytes
    first_entry: int
    entry_count: int
    cut: bool
    gone: bool


def touched_directories(chain: Chain) -> list[Touched]:
    """Every directory that the top layer touches, those that it takes away too."""
    with connection.cursor() as cursor:
        cursor.execute(DIRECTORIES, [chain.first_directory, chain.first_directory + chain.directory_count])
        return [Touched(bytes(path), *rest) for path, *rest in cursor.fetchall()]


def layer_entries(chain: Chain) -> Iterator[tuple[bytes, Entry]]:
    """Every entry of the top layer, directory by directory: the directory's path, and the entry."""
    layer = chain.layer
    directories = [row for row in touched_directories(chain) if row.entry_count]
    above = iter(sorted(directories, key=lambda row: row.first_entry))
    path, left = b"", 0
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [layer.first_entry, layer.first_entry + layer.entry_count])
        while rows := cursor.fetchmany(ROWS_A_FETCH):
            for entry in entries_of(rows):
                if not left:
                    here = next(above)
                    path, left = here.path, here.entry_count
                left -= 1
                yield path, entry
