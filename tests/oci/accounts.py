"""Layers built in memory, and their ledger."""

from collections.abc import Iterable, Sequence

from layers.oci.changeset.entry import Member
from layers.oci.limits import Limits
from layers.oci.unionfs.accounting import Held, account
from layers.oci.unionfs.extract import Extractor
from layers.oci.unionfs.ledger import Ledger
from layers.oci.unionfs.overlay import lay
from layers.oci.unionfs.tree import Tree

LIMITS = Limits()


def ledger_of(layers: Sequence[Iterable[Member]]) -> tuple[Ledger, list[int]]:
    """The ledger of layers laid upon each other as an import does, and the content size of each."""
    tree, number, sizes = Tree(), 1, []
    rows: dict[bytes, list[Held]] = {}
    for position, members in enumerate(layers):
        extractor = Extractor(LIMITS)
        extractor.add_all(members)
        layer = extractor.finish(number)
        number += layer.entry_count
        sizes.append(layer.content_size)
        for touched in lay(tree, layer).directories:
            entries = () if touched.gone else tuple(layer.directories[touched.path].values())
            rows.setdefault(touched.path, []).insert(0, Held(position, touched.cut, touched.gone, entries))
    return account(sorted(rows.items()), len(layers)), sizes
