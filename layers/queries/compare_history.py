"""The histories of two images beside each other: the steps they share, and those that only one has."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, NamedTuple

from layers.models import Image
from layers.queries.history import MISSING, Step, step, told

ALIGNED: Final = 400
"""Steps beyond which nothing is aligned: one made to be hard to align takes the cube of them."""


class Pair(NamedTuple):
    """Steps that stand on one row."""

    before: Step | None
    after: Step | None
    is_same: bool
    """Whether both are there, and of the same instruction."""


@dataclass(frozen=True, slots=True)
class ComparedHistories:
    """Steps, newest first, as ``docker history`` has them."""

    shared: list[Step]
    """The beginning that both have: the same steps, and the same layers of them."""
    first: list[Step]
    """What comes after it in the one image."""
    second: list[Step]
    """And in the other."""

    @property
    def shared_size(self) -> int:
        """Bytes of the files in the layers that both have."""
        return sum(step.size for step in self.shared)

    @property
    def pairs(self) -> list[Pair]:
        """What is not shared, newest first: steps of the same instruction stand on one row."""
        return list(_aligned(self.first, self.second))


def compare_histories(
    first: Image, second: Image, *, tops: tuple[int | None, int | None] = (None, None)
) -> ComparedHistories:
    """Where the histories of two images part; ``tops`` ends each with the step that made that layer.

    A step is shared if it tells the same, to the nanosecond, and if the layer
    that it made is the same upon the same layers.
    """
    one, other = _steps(first, tops[0]), _steps(second, tops[1])
    length = 0
    for (_, mark), (_, other_mark) in zip(one, other, strict=False):
        if mark != other_mark:
            break
        length += 1
    return ComparedHistories(
        [step for step, _ in reversed(one[:length])],
        [step for step, _ in reversed(one[length:])],
        [step for step, _ in reversed(other[length:])],
    )


def _steps(image: Image, top: int | None) -> list[tuple[Step, tuple[object, ...]]]:
    """The steps, oldest first, each with what it tells and the chain that its layer ends."""
    layers = list(image.image_layers.values_list("position", "chain", "layer__content_size"))
    chains = {position: chain for position, chain, _ in layers}
    sizes = {position: size for position, _, size in layers}
    rows = [
        (step(row, sizes, MISSING), (told(row), chains.get(row.position)))
        for row in image.history_rows.order_by("index")
    ]
    if top is None:
        return rows
    ends = [place for place, (each, _) in enumerate(rows, 1) if each.position in range(top + 1)]
    return rows[: ends[-1]] if ends else []


def _aligned(first: list[Step], second: list[Step]) -> Iterator[Pair]:
    """Every step once, in its order; steps between two pairs of the same instruction share their rows."""
    if len(first) + len(second) > ALIGNED:
        yield from (Pair(*pair, False) for pair in zip_longest(first, second))
        return
    texts = [[step.instruction for step in steps] for steps in (first, second)]
    for verb, a1, a2, b1, b2 in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        yield from (Pair(*pair, verb == "equal") for pair in zip_longest(first[a1:a2], second[b1:b2]))
