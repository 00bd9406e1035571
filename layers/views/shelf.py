"""The shelf: a tree of what stands on what, the same as a table, and what deleting images would free."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from layers.models import Container
from layers.oci.digest import is_digest
from layers.queries.freed import Freed, Holdings
from layers.queries.images import shared_sizes
from layers.queries.shelf import Base, ShelfTree, ShelvedImage, Stand, bases, instructions, shelf_tree
from layers.views import commands
from layers.views.partials import HtmxHttpRequest, render_page

MOST_STANDS: Final = 400
"""Rows of the tree; a larger shelf goes on in the table."""
MOST_ROWS: Final = 1000
GUIDES: Final = 8
"""Levels of the tree that are drawn; what lies deeper is drawn at the last."""
SORTS: Final = {
    "frees": _("what deleting it frees"),
    "size": _("size"),
    "name": _("name"),
}


@dataclass(frozen=True, slots=True)
class StandRow:
    """A line of the tree."""

    stand: Stand
    guides: Sequence[str]
    """For each level a line to draw: ``pass``, ``tee``, ``end`` or nothing."""
    level: int
    below: str
    """The name of what it stands on."""
    instruction: str
    """What made its top layer, where it is no image."""


@dataclass(frozen=True, slots=True)
class ImageLine:
    """A line of the table."""

    shelved: ShelvedImage
    url: str
    key: str
    """The digits of its ID."""
    base: Base | None
    layer_count: int
    shared_size: int
    freed: Freed
    is_chosen: bool

    @property
    def unique_size(self) -> int:
        return self.shelved.image.size - self.shared_size


@require_safe
def shelf(request: HtmxHttpRequest) -> HttpResponse:
    """All images: as a tree, or as a table in which some may be chosen."""
    view = "table" if request.GET.get("view") == "table" or "image" in request.GET else "tree"
    tree = shelf_tree()
    context: dict[str, Any] = {"section": "shelf", "view": view, "totals": tree.totals, "bare": tree.bare}
    if view == "tree":
        context |= tree_context(tree)
    else:
        context |= table_context(request, tree)
    context["table_url"] = f"{reverse('layers:shelf')}?view=table"
    return render_page(request, "layers/shelf/page.html", partial="layers/shelf/_shelf.html", context=context)


def tree_context(tree: ShelfTree) -> dict[str, Any]:
    """The lines of the tree, as many as a page may have."""
    stands = list(tree.stands())
    shown = stands[:MOST_STANDS]
    told = instructions(stand.chain_id for stand, _ in shown if not stand.images)
    below: list[str] = []
    rows = []
    for stand, follows in shown:
        level = len(follows) - 1
        del below[level:]
        instruction = told.get(stand.chain_id, "")
        rows.append(StandRow(stand, guides(follows), level, below[-1] if below else "", instruction))
        below.append(stand.name or instruction)
    return {
        "rows": rows,
        "left_out": len(stands) - len(shown),
        "largest": max((stand.whole_size for stand, _ in stands), default=0),
        "commands": [f"{commands.PROGRAM} tree"],
    }


def guides(follows: tuple[bool, ...]) -> list[str]:
    """The lines that lead to a stand: those of the levels above it pass, its own ends or goes on."""
    if len(follows) == 1:
        return []
    above = ["pass" if follow else "" for follow in follows[1:-1]]
    return [*above, "tee" if follows[-1] else "end"][-GUIDES:]


def table_context(request: HtmxHttpRequest, tree: ShelfTree) -> dict[str, Any]:
    """The lines of the table, and what deleting the chosen images would free."""
    chosen = {text for text in request.GET.getlist("image") if is_digest(f"sha256:{text}")}
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "frees"
    holdings = Holdings()
    lines = sorted(image_lines(tree, holdings, chosen), key=ORDERS[sort])
    picked = [line for line in lines if line.is_chosen]
    keys = [line.shelved.image.pk for line in picked]
    names = [commands.quoted(line.shelved.name.encode()) for line in picked]
    return {
        "lines": lines[:MOST_ROWS],
        "left_out": max(0, len(lines) - MOST_ROWS),
        "sort": sort,
        "sorts": [(key, word, f"?view=table&sort={key}") for key, word in SORTS.items()],
        "picked": picked,
        "freed": holdings.freed(keys) if picked else None,
        "alone_size": sum(line.freed.size for line in picked),
        "used": Container.objects.visible().filter(image__in=keys).select_related("image").order_by("name"),
        "commands": [f"{commands.PROGRAM} rmi --dry-run {' '.join(names)}"] if picked else [],
    }


ORDERS: Final[dict[str, Callable[[ImageLine], Any]]] = {
    "frees": lambda line: (-line.freed.size, line.shelved.name.casefold()),
    "size": lambda line: (-line.shelved.image.size, line.shelved.name.casefold()),
    "name": lambda line: (not line.shelved.is_named, line.shelved.name.casefold()),
}


def image_lines(tree: ShelfTree, holdings: Holdings, chosen: set[str]) -> list[ImageLine]:
    """A line for each image."""
    shares, on = shared_sizes(), bases(tree)
    shelved = [each for stand, _ in tree.stands() for each in stand.images] + list(tree.bare)
    page = reverse("layers:image-detail", args=["0" * 64])
    lines = []
    for each in shelved:
        key = each.image.image_id.partition(":")[2]
        shared, count = shares.get(each.image.pk, (0, 0))
        freed = holdings.freed([each.image.pk])
        url = page.replace("0" * 64, key)
        lines.append(ImageLine(each, url, key, on.get(each.image.pk), count, shared, freed, key in chosen))
    return lines
