"""The layers of an image as a stack: what made each, and what it weighs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from layers.models import Chain, Image, ImageLayer, Layer, StoredLayer
from layers.queries.history import MISSING, Step, step
from layers.queries.images import names_of

COPIED = re.compile(r"\b(file|dir|multi):([0-9a-f]{7})[0-9a-f]{57}\b")
"""The classic builder names what it copied by a hash."""


@dataclass(frozen=True, slots=True)
class Made:
    """What made one layer of an image."""

    position: int
    step: Step | None
    """The history row that made it, without its ID; ``None`` where the history says nothing."""

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


@dataclass(frozen=True, slots=True)
class StackRow(Made):
    """One layer where it stands in an image."""

    layer: Layer
    stored: StoredLayer
    chain: Chain

    @property
    def stored_size(self) -> int:
        """Bytes as it came, compressed or not."""
        return self.stored.blob.size


def shortened(text: str) -> str:
    """An instruction, the hashes of what it copied cut short."""
    return COPIED.sub(r"\1:\2…", text)


def stack(image: Image) -> list[StackRow]:
    """The layers, the top one first."""
    rows = image.image_layers.select_related("layer", "stored__blob", "chain").defer(
        "stored__seek_points", "chain__lineage", "layer__fidelity"
    )
    rows = rows.order_by("-position")
    steps = steps_of_layers(image, {row.position: row.layer.content_size for row in rows})
    return [StackRow(row.position, steps.get(row.position), row.layer, row.stored, row.chain) for row in rows]


def made_layers(image: Image) -> list[Made]:
    """What made each layer, the top one first: the stack without what it weighs."""
    sizes = dict(image.image_layers.order_by("-position").values_list("position", "layer__content_size"))
    steps = steps_of_layers(image, sizes)
    return [Made(position, steps.get(position)) for position in sizes]


def steps_of_layers(image: Image, sizes: Mapping[int, int]) -> dict[int, Step]:
    """The steps that made the layers, whose sizes are given, by position."""
    rows = image.history_rows.filter(position__isnull=False)
    return {row.position: step(row, sizes, MISSING) for row in rows}


def familiar_names(image: Image) -> list[str]:
    """What docker would call the image: every ``name:tag``."""
    return [f"{repository}:{tag}" for repository, tag in names_of(image)]


def layer_sizes(images: list[Image]) -> dict[int, list[int]]:
    """The content sizes of each image's layers from the bottom up, by the image's primary key."""
    rows = ImageLayer.objects.filter(image__in={image.pk for image in images})
    sizes: dict[int, list[int]] = {}
    for key, size in rows.order_by("image_id", "position").values_list("image_id", "layer__content_size"):
        sizes.setdefault(key, []).append(size)
    return sizes
