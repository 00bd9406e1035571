"""The ledger of an image: read from the rows of its chain once, and kept while there is room."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from layers.models import Chain, Image
from layers.oci.unionfs.accounting import account
from layers.oci.unionfs.ledger import Ledger
from layers.queries.held import held_directories

ITEMS_KEPT: Final = 400_000
"""About 100 MB. One ledger is always kept, however large."""
EMPTY: Final = Ledger((), (), {}, (), {})

_kept: OrderedDict[str, Ledger] = OrderedDict()
_lock = Lock()


def ledger_of(image: Image) -> Ledger:
    """What became of every byte of the image's layers. A chain never changes, so nor does its ledger."""
    return EMPTY if image.chain is None else ledger_of_chain(image.chain)


def ledger_of_chain(chain: Chain) -> Ledger:
    """The ledger of a chain, kept under its key and name."""
    key = f"{chain.pk} {chain.chain_id}"
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    ledger = account(held_directories(chain.lineage), len(chain.lineage))
    with _lock:
        _kept[key] = ledger
        while len(_kept) > 1 and sum(len(each.items) for each in _kept.values()) > ITEMS_KEPT:
            _kept.popitem(last=False)
    return ledger
