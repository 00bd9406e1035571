"""A layer that has been read, and what it did to a tree, as rows.

All rows carry the import's ``staging`` until it commits, so that nobody sees
half of it and whoever finds it abandoned knows what to remove.
"""

from collections.abc import Iterator
from itertools import chain

from layers.models import Chain, Change, Directory, FileEntry, Layer
from layers.models.bulk import insert_rows, reserve_numbers
from layers.models.extra import pack_extra
from layers.oci.changeset.paths import as_text
from layers.oci.unionfs.diff import Change as Difference
from layers.oci.unionfs.extract import LayerTree
from layers.oci.unionfs.overlay import Overlay, TouchedDirectory

NOTES_KEPT = 200
SILENT = 4


def write_layer(tree: LayerTree, *, diff_id: str, tar_size: int, staging: str) -> Layer:
    """The ``Layer`` and its ``FileEntry`` rows."""
    layer = Layer.objects.create(
        diff_id=diff_id,
        staging=staging,
        tar_size=tar_size,
        content_size=tree.content_size,
        member_count=tree.member_count,
        first_entry=tree.first_number,
        entry_count=tree.entry_count,
        fidelity=[{"path": as_text(path), "note": note} for path, note in tree.notes[:NOTES_KEPT]],
    )
    insert_rows(FileEntry, _entry_rows(tree))
    return layer


def _entry_rows(tree: LayerTree) -> Iterator[tuple[object, ...]]:
    """An entry is its row, but for what few have; ``IntEnum`` is stored as the integer it is."""
    entries = chain.from_iterable(map(dict.values, tree.directories.values()))
    return (entry if entry[11] is None else (*entry[:11], pack_extra(entry[11])) for entry in entries)


def write_chain(
    overlay: Overlay, *, layer: Layer, parent: Chain | None, chain_id: str, staging: str
) -> Chain:
    """The ``Chain`` of ``layer`` on ``parent``, with its ``Directory`` and ``Change`` rows."""
    root = overlay.root
    count = sum(len(directory.changes) for directory in overlay.directories)
    chain = Chain.objects.create(
        chain_id=chain_id,
        staging=staging,
        layer=layer,
        parent=parent,
        depth=parent.depth + 1 if parent else 0,
        lineage=[],
        added=root.added,
        changed=root.changed,
        deleted=root.deleted,
        silent=sum(change.silent for directory in overlay.directories for change in directory.changes),
        first_change=reserve_numbers(Change._meta.db_table, count) if count else 0,
        change_count=count,
        first_directory=reserve_numbers(Directory._meta.db_table, len(overlay.directories)),
        directory_count=len(overlay.directories),
        net_size=root.size - (parent.merged_size if parent else 0),
        merged_size=root.size,
        merged_count=root.count,
    )
    chain.lineage = [*(parent.lineage if parent else []), chain.pk]
    chain.save(update_fields=["lineage"])
    insert_rows(Directory, _directory_rows(overlay, chain))
    insert_rows(Change, _change_rows(overlay, chain.first_change))
    return chain


def _directory_rows(overlay: Overlay, chain: Chain) -> Iterator[tuple[object, ...]]:
    change = chain.first_change
    for number, directory in enumerate(overlay.directories, chain.first_directory):
        yield _directory_row(directory, chain.pk, number, change)
        change += len(directory.changes)


def _directory_row(
    directory: TouchedDirectory, chain: int, number: int, first_change: int
) -> tuple[object, ...]:
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


def _change_rows(overlay: Overlay, first: int) -> Iterator[tuple[object, ...]]:
    changes = (change for directory in overlay.directories for change in directory.changes)
    for number, change in enumerate(changes, first):
        yield _change_row(change, number)


def _change_row(change: Difference, number: int) -> tuple[object, ...]:
    return (
        number,
        change.kind + SILENT * change.silent,
        int(change.reasons),
        change.entry.number if change.entry else None,
        change.lower.number if change.lower else None,
    )
