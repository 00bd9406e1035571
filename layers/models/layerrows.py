"""A layer, and what it does to the tree below it, as rows."""

from collections.abc import Iterator
from itertools import chain as together

from layers.models.extra import pack_extra
from layers.oci.unionfs.diff import Change as Difference
from layers.oci.unionfs.extract import LayerTree
from layers.oci.unionfs.overlay import Overlay, TouchedDirectory

SILENT = 4
Row = tuple[object, ...]


def entry_rows(tree: LayerTree) -> Iterator[Row]:
    """An entry is its row, but for what few have; ``IntEnum`` is stored as the integer it is."""
    entries = together.from_iterable(map(dict.values, tree.directories.values()))
    return (entry if entry[11] is None else (*entry[:11], pack_extra(entry[11])) for entry in entries)


def change_count(overlay: Overlay) -> int:
    """How many ``Change`` rows there are to number."""
    return sum(len(directory.changes) for directory in overlay.directories)


def totals(overlay: Overlay, merged_size_below: int) -> dict[str, int]:
    """The fields of a ``Chain`` that count what its layer does."""
    root = overlay.root
    return {
        "added": root.added,
        "changed": root.changed,
        "deleted": root.deleted,
        "silent": sum(change.silent for directory in overlay.directories for change in directory.changes),
        "change_count": change_count(overlay),
        "directory_count": len(overlay.directories),
        "net_size": root.size - merged_size_below,
        "merged_size": root.size,
        "merged_count": root.count,
    }


def directory_rows(overlay: Overlay, chain: int, first: int, first_change: int) -> Iterator[Row]:
    """The ``Directory`` rows, numbered from ``first``, of the chain with that key."""
    for number, directory in enumerate(overlay.directories, first):
        yield _directory_row(directory, chain, number, first_change)
        first_change += len(directory.changes)


def _directory_row(directory: TouchedDirectory, chain: int, number: int, first_change: int) -> Row:
    return (
        number,
        chain,
        directory.path,
        directory.first_entry,
        directory.entry_count,
        directory.cut,
        directory.gone,
        directory.size,
        directory.count,
        directory.added,
        directory.changed,
        directory.deleted,
        first_change,
        len(directory.changes),
    )


def change_rows(overlay: Overlay, first: int) -> Iterator[Row]:
    """The ``Change`` rows, numbered from ``first``."""
    changes = (change for directory in overlay.directories for change in directory.changes)
    for number, change in enumerate(changes, first):
        yield _change_row(change, number)


def _change_row(change: Difference, number: int) -> Row:
    return (
        number,
        change.kind + SILENT * change.silent,
        int(change.reasons),
        change.entry.number if change.entry else None,
        change.lower.number if change.lower else None,
    )
