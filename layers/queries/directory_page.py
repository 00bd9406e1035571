"""A page of one directory of a merged tree: of what else it holds, names and sizes alone are read."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.db import connection

from layers.models import Image
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import join
from layers.queries.change_rows import entries_numbered
from layers.queries.directories import DirectoryRow
from layers.queries.merged_tree import undisturbed
from layers.queries.tree import TreeRow, lineage_of, subtree_totals, tree_row, visible_rows

OUTLINES: Final = "SELECT name, id, kind, size FROM layers_fileentry WHERE id >= %s AND id < %s ORDER BY id"

# Plain numbers, as rows have them: there may be hundreds of thousands.
DIRECTORY, HARDLINK, WHITEOUT = map(int, (Kind.DIRECTORY, Kind.HARDLINK, Kind.WHITEOUT))


class DirectoryPage(NamedTuple):
    """Some rows of a directory."""

    rows: list[TreeRow]
    total: int
    """How many there are in all."""
    largest: int
    """Bytes of the largest of them all."""


Outline = tuple[int, int, int]
"""As much of an entry as all of them are read for: its number, kind and size."""


def directory_page(image: Image, position: int, path: bytes, *, offset: int, limit: int) -> DirectoryPage:
    """What a directory holds, by name, from ``offset`` on.

    Raises:
        NoSuchPath: nothing is there.
        NotADirectoryError: something else is.
    """
    lineage, visible = lineage_of(image, position), visible_rows(image, position, path)
    with undisturbed():
        found = outlined(visible)
        names = sorted(found)
        directories, links, largest = [], [], 0
        for name, (_, kind, size) in found.items():
            if kind == DIRECTORY:
                directories.append(name)
            elif kind == HARDLINK:
                links.append(name)
            elif size > largest:
                largest = size
    totals = subtree_totals(lineage, [join(path, name) for name in directories])

    def rows_of(some: Sequence[bytes]) -> list[TreeRow]:
        entries = entries_numbered([found[name][0] for name in some])
        rows = []
        for name in some:
            number, below = found[name][0], join(path, name)
            origin = next(row.position for row in visible if 0 <= number - row.first_entry < row.entry_count)
            rows.append(tree_row(image, position, below, entries[number], origin, totals.get(below)))
        return rows

    sizes = [size for size, _ in totals.values()] + [row.subtree_size for row in rows_of(links)]
    return DirectoryPage(rows_of(names[offset : offset + limit]), len(names), max([largest, *sizes]))


def outlined(visible: Sequence[DirectoryRow]) -> dict[bytes, Outline]:
    """The entries of visible rows, newest first, by name."""
    found: dict[bytes, Outline] = {}
    for row in reversed(visible):
        with connection.cursor() as cursor:
            cursor.execute(OUTLINES, [row.first_entry, row.first_entry + row.entry_count])
            for name, number, kind, size in cursor.fetchall():
                if kind == WHITEOUT:
                    found.pop(bytes(name), None)
                else:
                    found[bytes(name)] = number, kind, size
    return found
