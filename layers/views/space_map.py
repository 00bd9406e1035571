"""The picture of an image's bytes, and the table that says the same: both from the same rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote_from_bytes

from django.urls import reverse
from django.utils.translation import gettext as _

from layers.models import Image
from layers.oci.findings.cover import covered
from layers.oci.unionfs.ledger import Item, LayerAccount
from layers.oci.unionfs.spaces import Share, SpaceTree, Sums
from layers.queries.advice import instruction
from layers.queries.file_types import LABELS
from layers.queries.ledgers import ledger_of
from layers.queries.space import space_tree, tar_sizes, types_of
from layers.queries.stack import stack
from layers.templatetags.layers import filesize, visible
from layers.views.space_state import SpaceState
from layers.views.treemap import Area, treemap

ROWS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """A row of the table, and what is drawn for it."""

    label: str
    sums: Sums
    url: str
    sort: str
    """``dir``, ``file``, ``layer`` or ``type``."""
    note: str = ""
    """What made a layer; text of the image."""
    overhead: int | None = None
    """Of a layer: the bytes of its tar that are no content."""
    inner: Callable[[], Sequence[Area]] | None = None

    @property
    def area(self) -> Area:
        sums = self.sums
        title = _("%(name)s: %(size)s") % {"name": self.label, "size": filesize(sums.size)}
        if sums.hidden:
            title += _(", of it hidden %(size)s") % {"size": filesize(sums.hidden)}
        return Area(self.label, *sums[:3], self.url, title, self.inner)


def space_map(image: Image, state: SpaceState) -> dict[str, Any]:
    """What the picture and the table show."""
    rows = MAKERS["dir" if state.is_inside else state.by](image, state)
    rest = Sums(*map(sum, zip(Sums(), *(row.sums for row in rows[ROWS_SHOWN:]), strict=True)))
    return {
        "map": treemap([row.area for row in rows]),
        "rows": rows[:ROWS_SHOWN],
        "row_count": len(rows),
        "rest_count": max(0, len(rows) - ROWS_SHOWN),
        "rest": rest,
        "whole": Sums(*map(sum, zip(Sums(), *(row.sums for row in rows), strict=True))),
        "overhead": None if state.is_inside or state.by == "type" else sum(row.overhead or 0 for row in rows),
        "type_label": LABELS.get(state.type, ""),
        "largest": max((row.sums.size for row in rows), default=0),
    }


def _directory_rows(image: Image, state: SpaceState) -> list[SpaceRow]:
    """What the open directory holds."""
    tree = space_tree(image, layer=state.layer, sort=state.type)
    return [_share_row(share, tree, Links(image, state)) for share in tree.shares(state.path)]


def _layer_rows(image: Image, state: SpaceState) -> list[SpaceRow]:
    """The layers, from the top as everywhere."""
    sizes = tar_sizes(image)
    steps = {row.position: covered(instruction(row)) for row in stack(image)}
    rows = [
        SpaceRow(
            _("layer %(number)d") % {"number": account.position},
            _layer_sums(account),
            state.query(layer=account.position, path=b"", offset=0),
            "layer",
            steps.get(account.position, ""),
            account.overhead(sizes[account.position]),
        )
        for account in ledger_of(image).layers
    ]
    return sorted(rows, key=lambda row: -row.sums.size)


def _layer_sums(account: LayerAccount) -> Sums:
    return Sums(account.live, account.shadowed, account.deleted)


def _type_rows(image: Image, state: SpaceState) -> list[SpaceRow]:
    """The types of file."""
    return [
        SpaceRow(
            str(LABELS[portion.key]),
            portion.sums,
            state.query(type=portion.key, path=b"", offset=0),
            "type",
        )
        for portion in types_of(image)
    ]


MAKERS: Final[dict[str, Callable[[Image, SpaceState], list[SpaceRow]]]] = {
    "dir": _directory_rows,
    "layer": _layer_rows,
    "type": _type_rows,
}


class Links:
    """Where directories and files of a page lead; put together once, for there are many."""

    def __init__(self, image: Image, state: SpaceState) -> None:
        base = state.query(path=b"", offset=0)
        self._inside = f"{base}{'&' if len(base) > 1 else ''}path="
        self._file = reverse("layers:image-file", args=[image.image_id])

    def directory(self, path: bytes) -> str:
        return self._inside + quote_from_bytes(path)

    def file(self, item: Item) -> str:
        """The file as the layer has it that brought it: also one that is hidden now."""
        return f"{self._file}?layer={item.position}&path={quote_from_bytes(item.path)}"


def _share_row(share: Share, tree: SpaceTree, links: Links) -> SpaceRow:
    """A directory or file; directories with nothing but one directory in them are one row."""
    if not share.is_directory:
        return SpaceRow(visible(share.name), share.sums, links.file(share.items[-1]), "file")
    label = visible(share.name)
    while tree.ranges.get(share.path) is None and len(tree.inner[share.path]) == 1:
        (share,) = tree.shares(share.path)
        label += f"/{visible(share.name)}"
    inner = partial(_areas, share.path, tree, links)
    return SpaceRow(label, share.sums, links.directory(share.path), "dir", inner=inner)


def _areas(path: bytes, tree: SpaceTree, links: Links) -> list[Area]:
    return [_share_row(share, tree, links).area for share in tree.shares(path)]
