"""The rows of one layer as it lies on its chain, without the tree around it: quick, however many."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import connection

from layers.models import Chain

ROWS_A_FETCH: Final = 10_000
NAMES: Final = (
    "SELECT id, name, kind, mode, size, uid, gid FROM layers_fileentry WHERE id >= %s AND id < %s ORDER BY id"
)
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


class NameRow(NamedTuple):
    """What is known of an entry of the layer without reading more."""

    number: int
    name: bytes
    kind: int
    mode: int
    size: int
    uid: int
    gid: int


def touched_directories(chain: Chain) -> list[Touched]:
    """Every directory that the top layer touches, those that it takes away too."""
    with connection.cursor() as cursor:
        cursor.execute(DIRECTORIES, [chain.first_directory, chain.first_directory + chain.directory_count])
        return [Touched(bytes(path), *rest) for path, *rest in cursor.fetchall()]


def layer_names(chain: Chain) -> Iterator[tuple[bytes, NameRow]]:
    """Every entry of the top layer, directory by directory: the directory's path, and the entry."""
    layer = chain.layer
    directories = [row for row in touched_directories(chain) if row.entry_count]
    directories.sort(key=lambda row: row.first_entry)
    above, left = iter(directories), 0
    path = b""
    with connection.cursor() as cursor:
        cursor.execute(NAMES, [layer.first_entry, layer.first_entry + layer.entry_count])
        while rows := cursor.fetchmany(ROWS_A_FETCH):
            for number, name, *rest in rows:
                if not left:
                    here = next(above)
                    path, left = here.path, here.entry_count
                left -= 1
                yield path, NameRow(number, bytes(name), *rest)
