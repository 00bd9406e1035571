"""The layers of an image as a stack: what made each, and what it weighs."""

import re
from dataclasses import dataclass

from layers.models import Chain, Image, ImageLayer, Layer, StoredLayer
from layers.queries.history import Step, history
from layers.queries.images import names_of_images

COPIED = re.compile(r"\b(file|dir|multi):([0-9a-f]{7})[0-9a-f]{57}\b")
"""The classic builder names what it copied by a hash."""


@dataclass(frozen=True, slots=True)
class StackRow:
    """One layer where it stands in an image."""

    position: int
    layer: Layer
    stored: StoredLayer
    chain: Chain
    step: Step | None
    """The history row that made it; ``None`` where the history says nothing."""

    @property
    def stored_size(self) -> int:
        """Bytes as it came, compressed or not."""
        return self.stored.blob.size

    @property
    def verb(self) -> str:
        """The first word of its instruction: ``RUN``, ``COPY``, …"""
        word = self.step.instruction.partition(" ")[0] if self.step else ""
        return word if word.isascii() and word.isupper() and word.isalpha() else ""

    @property
    def comment(self) -> str:
        """What its history row is commented with."""
        return self.step.comment if self.step else ""

    @property
    def rest(self) -> str:
        """The instruction after its verb, hashes cut short."""
        text = self.step.instruction if self.step else ""
        return shortened(text.removeprefix(self.verb).strip())


def shortened(text: str) -> str:
    """An instruction, the hashes of what it copied cut short."""
    return COPIED.sub(r"\1:\2…", text)


def stack(image: Image) -> list[StackRow]:
    """The layers, the top one first."""
    steps = {step.position: step for step in history(image) if step.position is not None}
    rows = image.image_layers.select_related("layer", "stored__blob", "chain").defer(
        "stored__seek_points", "chain__lineage", "layer__fidelity"
    )
    rows = rows.order_by("-position")
    return [StackRow(row.position, row.layer, row.stored, row.chain, steps.get(row.position)) for row in rows]


def familiar_names(image: Image) -> list[str]:
    """What docker would call the image: every ``name:tag``."""
    return [f"{repository}:{tag}" for repository, tag in names_of_images().get(image.pk, ())]


def layer_sizes(images: list[Image]) -> dict[int, list[int]]:
    """The content sizes of each image's layers from the bottom up, by the image's primary key."""
    rows = ImageLayer.objects.filter(image__in={image.pk for image in images})
    sizes: dict[int, list[int]] = {}
    for key, size in rows.order_by("image_id", "position").values_list("image_id", "layer__content_size"):
        sizes.setdefault(key, []).append(size)
    return sizes
