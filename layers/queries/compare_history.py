"""The histories of two images beside each other: the steps they share, and those that only one has."""

from dataclasses import dataclass

from layers.models import Image
from layers.queries.history import Step, history, told


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


def compare_histories(first: Image, second: Image) -> ComparedHistories:
    """Where the histories of two images part.

    A step is shared if it tells the same, to the nanosecond, and if the layer
    that it made is the same upon the same layers.
    """
    one, other = _steps(first), _steps(second)
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


def _steps(image: Image) -> list[tuple[Step, tuple[object, ...]]]:
    """The steps, oldest first, each with what it tells and the chain that its layer ends."""
    chains = dict(image.image_layers.values_list("position", "chain"))
    return [
        (step, (told(row), chains.get(row.position)))
        for step, row in zip(reversed(history(image)), image.history_rows.order_by("index"), strict=True)
    ]
