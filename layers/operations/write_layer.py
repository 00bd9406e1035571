"""A layer that has been read, and what it did to a tree, written as rows.

All rows carry the import's ``staging`` until it commits, so that nobody sees
half of it and whoever finds it abandoned knows what to remove.
"""

from layers.models import Chain, Change, Directory, FileEntry, Layer
from layers.models.bulk import insert_rows, reserve_numbers
from layers.models.layerrows import change_rows, directory_rows, entry_rows, totals
from layers.oci.changeset.paths import as_text
from layers.oci.unionfs.extract import LayerTree
from layers.oci.unionfs.overlay import Overlay

NOTES_KEPT = 200


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
    insert_rows(FileEntry, entry_rows(tree))
    return layer


def write_chain(
    overlay: Overlay, *, layer: Layer, parent: Chain | None, chain_id: str, staging: str
) -> Chain:
    """The ``Chain`` of ``layer`` on ``parent``, with its ``Directory`` and ``Change`` rows."""
    counted = totals(overlay, parent.merged_size if parent else 0)
    count = counted["change_count"]
    chain = Chain.objects.create(
        chain_id=chain_id,
        staging=staging,
        layer=layer,
        parent=parent,
        depth=parent.depth + 1 if parent else 0,
        lineage=[],
        first_change=reserve_numbers(Change._meta.db_table, count) if count else 0,
        first_directory=reserve_numbers(Directory._meta.db_table, len(overlay.directories)),
        **counted,
    )
    chain.lineage = [*(parent.lineage if parent else []), chain.pk]
    chain.save(update_fields=["lineage"])
    write_chain_rows(overlay, chain)
    return chain


def write_chain_rows(overlay: Overlay, chain: Chain) -> None:
    """The ``Directory`` and ``Change`` rows, numbered as the chain says."""
    insert_rows(Directory, directory_rows(overlay, chain.pk, chain.first_directory, chain.first_change))
    insert_rows(Change, change_rows(overlay, chain.first_change))
