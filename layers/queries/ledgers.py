"""The ledger of an image: read from the rows of its chain once, and kept while there is room."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from layers.models import Chain, Image
from layers.oci.unionfs.accounting import account
from layers.oci.unionfs.ledger import Ledger
from layers.oci.unionfs.ledgerfile import FORM, pack_ledger, unpack_ledger
from layers.queries.held import held_directories
from layers.queries.merged_tree import undisturbed
from layers.storage import drop_cached, has_cached, open_cached, read_cached

ITEMS_KEPT: Final = 400_000
"""About 100 MB. One ledger is always kept, however large."""
RESULTS_KEPT: Final = 100
EMPTY: Final = Ledger((), (), {}, (), {})

Given = ParamSpec("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Kept:
    """A ledger, and what was made of it; both go together."""

    ledger: Ledger
    results: dict[Any, Any] = field(default_factory=dict)


_kept: OrderedDict[str, Kept] = OrderedDict()
_making: dict[str, Lock] = {}
_lock = Lock()


def ledger_of(image: Image) -> Ledger:
    """What became of every byte of the image's layers."""
    return EMPTY if image.chain is None else ledger_of_chain(image.chain)


def ledger_of_chain(chain: Chain) -> Ledger:
    """The ledger of a chain. A chain never changes, so nor does its ledger."""
    return _kept_of(chain).ledger


def kept_with_ledger(
    make: Callable[Concatenate[Ledger, Given], Made],
) -> Callable[Concatenate[Image, Given], Made]:
    """Turn what is made of a ledger into what is made of an image, once for each chain and arguments."""

    @wraps(make)
    def made(image: Image, /, *args: Given.args, **kwargs: Given.kwargs) -> Made:
        if image.chain is None:
            return make(EMPTY, *args, **kwargs)
        kept = _kept_of(image.chain)
        key = (make.__qualname__, args, tuple(sorted(kwargs.items())))
        if key not in kept.results:
            if len(kept.results) >= RESULTS_KEPT:
                kept.results.clear()
            kept.results[key] = make(kept.ledger, *args, **kwargs)
        return kept.results[key]  # type: ignore[no-any-return]

    return made


def made_ledger(chain: Chain) -> Ledger:
    """The ledger as the rows of the chain tell it."""
    with undisturbed():
        return account(held_directories(chain.lineage), len(chain.lineage))


def stored_ledger(chain: Chain) -> Ledger | None:
    """The ledger as it was made before; None where it was not, or its file is gone or damaged."""
    packed = read_cached(_name(chain))
    if packed is None:
        return None
    with undisturbed():
        ledger = unpack_ledger(packed)
    if ledger is None:
        drop_cached(_name(chain))
    return ledger


def store_ledger(chain: Chain) -> None:
    """Make the ledger and put it where :func:`stored_ledger` looks, as long as there is room."""
    packed = pack_ledger(made_ledger(chain))
    file = open_cached(_name(chain), len(packed), lambda out: out.write(packed))
    if file is not None:
        file.close()


def has_stored_ledger(chain: Chain) -> bool:
    """Whether it was made before."""
    return has_cached(_name(chain))


def _name(chain: Chain) -> str:
    return f"{chain.chain_id.partition(':')[2]}-{FORM}.ledger"


def _kept_of(chain: Chain) -> Kept:
    """What is kept under the key and name of the chain."""
    key = f"{chain.pk} {chain.chain_id}"
    with _lock:
        making = _making.setdefault(key, Lock())
    with making:  # whoever comes meanwhile waits, and does not make it again
        with _lock:
            if key in _kept:
                _kept.move_to_end(key)
                return _kept[key]
        kept = Kept(stored_ledger(chain) or made_ledger(chain))
        with _lock:
            _keep(key, kept)
    return kept


def _keep(key: str, kept: Kept) -> None:
    """Keep it, and let go of what was asked for longest ago."""
    _kept[key] = kept
    while len(_kept) > 1 and sum(len(each.ledger.items) for each in _kept.values()) > ITEMS_KEPT:
        _making.pop(_kept.popitem(last=False)[0], None)
