"""The history of an image, as ``docker history`` tells it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Q

from layers.models import HistoryRow, Image
from layers.oci.config import ImageConfig, parse_created
from layers.storage import open_blob

MISSING: Final = "<missing>"
NOP: Final = re.compile(r"^(?:\|\d+ .*?)?/bin/\w+ -\w*c #\(nop\) +")
"""What the classic builder writes before an instruction that runs nothing."""
CLASSIC_RUN: Final = re.compile(r"^(?:\|\d+ .*?)?(/bin/\w+ -\w*c )", re.DOTALL)
BUILDKIT_MARK: Final = re.compile(r"\s*# buildkit$")
BUILDKIT_COMMENT: Final = "buildkit.dockerfile.v0"

Row = tuple[str, str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the history."""

    id: str
    """The image ID where the row is an image of the library, else ``<missing>``."""
    created: datetime | None
    created_by: str
    size: int
    """Bytes of the files in the layer it made; 0 where it made none."""
    comment: str
    author: str
    empty_layer: bool
    position: int | None
    """The layer it made, from 0 at the bottom."""

    @property
    def builder(self) -> str:
        """``buildkit``, ``classic``, or empty: a commit, or another tool."""
        if self.comment == BUILDKIT_COMMENT or BUILDKIT_MARK.search(self.created_by):
            return "buildkit"
        return "classic" if CLASSIC_RUN.match(self.created_by) else ""

    @property
    def instruction(self) -> str:
        """``created_by`` as the Dockerfile has it, as far as the builder lets it be known."""
        text = BUILDKIT_MARK.sub("", self.created_by)
        if NOP.match(text):
            return NOP.sub("", text).strip()
        if self.builder == "classic":
            return "RUN " + text[CLASSIC_RUN.match(text).end() :]  # type: ignore[union-attr]
        return re.sub(r"^RUN (?:\|\d+ .*?)?/bin/\w+ -\w*c ", "RUN ", text, flags=re.DOTALL)


def history(image: Image) -> list[Step]:
    """The steps of the build, newest first; an image that tells nothing has none."""
    rows = list(image.history_rows.order_by("index"))
    sizes = dict(image.image_layers.values_list("position", "layer__content_size"))
    ids = known_ids(image, [told(row) for row in rows])
    return [step(row, sizes, image_id) for row, image_id in zip(reversed(rows), reversed(ids), strict=True)]


def step(row: HistoryRow, sizes: Mapping[int, int], image_id: str) -> Step:
    """A row as it is told, with the size of its layer out of those by position."""
    return Step(
        id=image_id,
        created=parse_created(row.created),
        created_by=row.created_by,
        size=0 if row.position is None else sizes.get(row.position, 0),
        comment=row.comment,
        author=row.author,
        empty_layer=row.empty_layer,
        position=row.position,
    )


def told(row: HistoryRow) -> Row:
    """What two images have in common when one came of the other."""
    return row.created, row.created_by, row.author, row.comment, row.empty_layer


def known_ids(image: Image, rows: list[Row]) -> list[str]:
    """For each row, oldest first, the ID of the image that it is, or ``<missing>``."""
    ids = [MISSING] * len(rows)
    found = ancestors(image, rows)
    if found and came_of_an_image(image):
        for ancestor_id, length in found:
            ids[length - 1] = ancestor_id
    return [*ids[:-1], image.image_id] if rows else ids


def came_of_an_image(image: Image) -> bool:
    """Whether docker made it by commit or with the classic builder: its config then says of what.

    Only such images does docker tie to the images below; a pulled or BuildKit image has
    ``<missing>`` below its top even where the base image is there.
    """
    with open_blob(image.image_id) as blob:
        config = ImageConfig.parse(blob.read(), image.image_id, settings.LIMITS)
    return bool(config.runtime.get("Image"))


def ancestors(image: Image, rows: list[Row]) -> list[tuple[str, int]]:
    """Images that are a beginning of ``image``, with the length of their history.

    Each has the layers that the first rows made and tells the same of them, to the nanosecond.
    """
    lineage = image.chain.lineage if image.chain else []
    below = Image.objects.visible().filter(Q(chain__in=lineage) | Q(chain=None)).exclude(pk=image.pk)
    candidates = below.select_related("chain").in_bulk()
    tales: dict[int, list[Row]] = {key: [] for key in candidates}
    for row in HistoryRow.objects.filter(image__in=tales).order_by("index"):
        tales[row.image_id].append(told(row))
    return [
        (candidates[key].image_id, len(tale))
        for key, tale in tales.items()
        if 0 < len(tale) < len(rows) and tale == rows[: len(tale)] and height(candidates[key]) == made(tale)
    ]


def height(image: Image) -> int:
    """How many layers it has."""
    return image.chain.depth + 1 if image.chain else 0


def made(rows: list[Row]) -> int:
    """How many layers these rows made."""
    return Counter(row[-1] for row in rows)[False]
