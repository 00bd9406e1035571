"""What the layers of an image would weigh, were some of them one, or some paths not in them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from layers.oci.changeset.entry import Kind
from layers.oci.changeset.header import BLOCK
from layers.oci.unionfs.ledger import VISIBLE, Item, Ledger, padding

END_SIZE = 2 * BLOCK


class LayerSize(NamedTuple):
    """A layer as it is, or would be."""

    first: int
    last: int
    """The layers it stands for: one, or a run."""
    content: int
    tar: int
    """Of a layer that would be new, an estimate: what this program would write."""
    is_new: bool


def squashed(ledger: Ledger, tar_sizes: Sequence[int], first: int, last: int) -> list[LayerSize]:
    """The layers from the bottom, with ``first`` to ``last`` as one.

    What is hidden within the run goes; what a later layer hides stays. Whiteouts
    of the run count as kept, since they may hide what lies below it.
    """

    def stays(hidden_by: int) -> bool:
        return hidden_by == VISIBLE or hidden_by > last

    kept = [item for item in ledger.items if first <= item.position <= last and stays(item.hidden_by)]
    frames = sum(
        size
        for (position, hidden_by), size in ledger.frames.items()
        if first <= position <= last and stays(hidden_by)
    )
    content = sum(item.size for item in kept)
    tar = sum(map(stored_size, kept)) + frames + END_SIZE
    untouched = [_untouched(ledger, tar_sizes, position) for position in range(len(ledger.layers))]
    return [*untouched[:first], LayerSize(first, last, content, tar, True), *untouched[last + 1 :]]


def without(
    ledger: Ledger, tar_sizes: Sequence[int], is_left_out: Callable[[bytes], object]
) -> list[LayerSize]:
    """The layers from the bottom, had the paths that ``is_left_out`` takes never been in any of them.

    A hard link group goes with its last name. Directories and empty files keep their headers in the estimate.
    """
    content, tar = [0] * len(ledger.layers), [0] * len(ledger.layers)
    for item in ledger.items:
        if is_left_out(item.path) and all(map(is_left_out, ledger.other_names.get(item, ()))):
            content[item.position] += item.size
            tar[item.position] += BLOCK + stored_size(item) + padding(stored_size(item))
    return [
        LayerSize(at, at, account.content_size - content[at], tar_sizes[at] - tar[at], bool(content[at]))
        for at, account in enumerate(ledger.layers)
    ]


def stored_size(item: Item) -> int:
    """The bytes that a tar holds as content: none of a symlink, whose target is in its header."""
    return 0 if item.kind is Kind.SYMLINK else item.size


def _untouched(ledger: Ledger, tar_sizes: Sequence[int], position: int) -> LayerSize:
    return LayerSize(position, position, ledger.layers[position].content_size, tar_sizes[position], False)
