"""Directories of a merged view, put together from the rows of its chains.

A directory at a chain is the rows of that path in the chains below, newest
first, down to the first that is *cut*; one row that is *gone* on top means
there is none. Each row's entries are one range of ids, so this is one probe of
an index and a few range scans, however large the image.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from layers.models.extra import unpack_extra
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.unionfs.tree import Children, Loaded

KIND_OF = tuple(Kind)
ENTRIES = (
    "SELECT id, name, kind, mode, uid, gid, size, mtime, data_offset, sha256, linkname, extra"
    " FROM layers_fileentry WHERE id >= %s AND id < %s ORDER BY id"
)
DIRECTORIES = (
    "SELECT chain_id, id, first_entry, entry_count, cut, gone, subtree_size, subtree_count,"
    " added, changed, deleted, first_change, change_count"
    " FROM layers_directory WHERE path = %s AND chain_id IN ({})"
)
ALL_DIRECTORIES = (
    "SELECT path, chain_id, id, first_entry, entry_count, cut, gone, subtree_size, subtree_count,"
    " added, changed, deleted, first_change, change_count"
    # "/" is followed by "0": what is between them starts with the path and a slash.
    " FROM layers_directory WHERE (path = %s OR path > %s AND path < %s OR %s) AND chain_id IN ({})"
)


class DirectoryRow(NamedTuple):
    """A ``Directory`` row as plain values, with the position of its layer."""

    position: int
    id: int
    first_entry: int
    entry_count: int
    cut: bool
    gone: bool
    size: int
    count: int
    added: int
    changed: int
    deleted: int
    first_change: int
    change_count: int


def entries_between(first: int, end: int) -> list[Entry]:
    """The entries numbered ``first`` up to, not with, ``end``."""
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [first, end])
        return entries_of(cursor.fetchall())


def entries_of(rows: Iterable[Sequence]) -> list[Entry]:  # type: ignore[type-arg]
    """Rows of :data:`ENTRIES`, each as an ``Entry``.

    In one expression: of reading a large tree this is a third, and a call for each row would double it.
    """
    return [
        Entry._make(
            (
                number,
                bytes(name),
                KIND_OF[kind],
                mode,
                uid,
                gid,
                size,
                mtime,
                offset,
                None if sha256 is None else bytes(sha256),
                None if linkname is None else bytes(linkname),
                None if extra is None else unpack_extra(bytes(extra)),
            )
        )
        for number, name, kind, mode, uid, gid, size, mtime, offset, sha256, linkname, extra in rows
    ]


def directory_rows(lineage: Sequence[int], path: bytes) -> list[DirectoryRow]:
    """The rows of ``path`` in the chains of ``lineage`` (bottom first), newest first; all of them."""
    if not lineage:
        return []
    positions = {chain: position for position, chain in enumerate(lineage)}
    with connection.cursor() as cursor:
        cursor.execute(DIRECTORIES.format(", ".join(["%s"] * len(lineage))), [path, *lineage])
        rows = [DirectoryRow(positions[row[0]], *row[1:]) for row in cursor.fetchall()]
    return sorted(rows, reverse=True)


def shining_through(rows: Sequence[DirectoryRow]) -> list[DirectoryRow]:
    """Of a path's rows, newest first, those whose entries can be seen; none if it is no directory now."""
    visible: list[DirectoryRow] = []
    for row in rows:
        if row.gone:
            break
        visible.append(row)
        if row.cut:
            break
    return visible


def merged(rows: Sequence[DirectoryRow]) -> dict[bytes, tuple[Entry, int]]:
    """The entries of visible rows, each with the position of the layer it came from."""
    found: dict[bytes, tuple[Entry, int]] = {}
    for row in reversed(rows):
        for entry in entries_between(row.first_entry, row.first_entry + row.entry_count):
            if entry.kind is Kind.WHITEOUT:
                found.pop(entry.name, None)
            else:
                found[entry.name] = entry, row.position
    return found


def load_directory(lineage: Sequence[int], path: bytes) -> Loaded | None:
    """A directory of the merged view at the top of ``lineage``, for a ``Tree``; None where there is none."""
    rows = shining_through(directory_rows(lineage, path))
    if not rows:
        return None
    children: Children = {name: entry for name, (entry, _) in merged(rows).items()}
    return Loaded(children, rows[0].size, rows[0].count)


def all_directory_rows(lineage: Sequence[int], below: bytes = b"") -> dict[bytes, list[DirectoryRow]]:
    """The rows of every directory at or below a path, by path, each newest first."""
    if not lineage:
        return {}
    positions = {chain: position for position, chain in enumerate(lineage)}
    found: dict[bytes, list[DirectoryRow]] = {}
    statement = ALL_DIRECTORIES.format(", ".join(["%s"] * len(lineage)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [below, below + b"/", below + b"0", not below, *lineage])
        for path, chain, *values in cursor.fetchall():
            found.setdefault(bytes(path), []).append(DirectoryRow(positions[chain], *values))
    for rows in found.values():
        rows.sort(reverse=True)
    return found
