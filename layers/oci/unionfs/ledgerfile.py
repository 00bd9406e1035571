"""A ledger as bytes for a file: it is read in a tenth of the time that it takes to make one."""

import marshal
import sys
from dataclasses import astuple
from hashlib import sha256
from typing import Final

from layers.oci.changeset.entry import Kind
from layers.oci.unionfs.ledger import Duplicate, How, Item, LayerAccount, Ledger

FORM: Final = f"1-{sys.implementation.cache_tag}"
"""Of the bytes. They are Python's own, which another version need not understand."""
SEAL_SIZE: Final = 32
HOWS: Final = tuple(How)
KINDS: Final = tuple(Kind)


def pack_ledger(ledger: Ledger) -> bytes:
    """The ledger as bytes, with a seal before them."""
    places = {item: place for place, item in enumerate(ledger.items)}
    content = marshal.dumps(
        (
            [(*item[:5], int(item.how), int(item.kind), *item[7:]) for item in ledger.items],
            [astuple(layer) for layer in ledger.layers],
            {places[item]: names for item, names in ledger.other_names.items()},
            [(group.size, [places[item] for item in group.items]) for group in ledger.duplicates],
            dict(ledger.frames),
        )
    )
    return sha256(content).digest() + content


def unpack_ledger(packed: bytes) -> Ledger | None:
    """The ledger of bytes that this program wrote; None where the seal shows that they are not whole."""
    seal, content = packed[:SEAL_SIZE], packed[SEAL_SIZE:]
    if sha256(content).digest() != seal:
        return None
    rows, layers, other_names, duplicates, frames = marshal.loads(content)
    items = tuple(
        Item(directory, name, size, position, hidden_by, HOWS[how], KINDS[kind], reasons, cause)
        for directory, name, size, position, hidden_by, how, kind, reasons, cause in rows
    )
    return Ledger(
        items,
        tuple(LayerAccount(*layer) for layer in layers),
        {items[place]: names for place, names in other_names.items()},
        tuple(Duplicate(size, tuple(items[place] for place in places)) for size, places in duplicates),
        frames,
    )
