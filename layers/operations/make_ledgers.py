"""Make the ledgers of new images before anybody asks for them: the page of their bytes then comes at once."""

from typing import Final

from layers.models import Image, Layer
from layers.queries.ledgers import ITEMS_KEPT, has_stored_ledger, store_ledger

IMAGES: Final = 20
"""The latest that there are."""


def make_ledgers() -> int:
    """Make what is lacking, the newest first; how many that were.

    A ledger too large to be kept in memory beside others is left to whoever asks for it.
    """
    chains = [image.chain for image in Image.objects.select_related("chain").order_by("-pk")[:IMAGES]]
    lacking = {chain.pk: chain for chain in chains if chain is not None and not has_stored_ledger(chain)}
    small = [chain for chain in lacking.values() if entry_count(chain.lineage) <= ITEMS_KEPT]
    for chain in small:
        store_ledger(chain)
    return len(small)


def entry_count(lineage: list[int]) -> int:
    """Entries of all the layers of a chain."""
    return sum(Layer.objects.filter(chains__in=lineage).values_list("entry_count", flat=True))
