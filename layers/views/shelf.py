"""The shelf: a tree of what stands on what, the same as a table, and what deleting images would free."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from layers.models import Container
from layers.oci.findings.cover import covered
from layers.queries.freed import Freed, Holdings
from layers.queries.images import shared_sizes
from layers.queries.shelf import Base, ShelfTree, ShelvedImage, Stand, bases, instructions, shelf_tree
from layers.views import commands
from layers.views.partials import HtmxHttpRequest, render_page

MOST_STANDS: Final = 400
"""Rows of the tree; a larger shelf goes on in the table."""
MOST_ROWS: Final = 1000
IMAGES_A_STAND: Final = 5
"""Images with the same layers that are named in one line."""
INSTRUCTION_LENGTH: Final = 90
GUIDES: Final = 8
"""Levels of the tree that are drawn; what lies deeper is drawn at the last."""
SORTS: Final = {
    "frees": _("what deleting it frees"),
    "size": _("size"),
    "name": _("name"),
}


@dataclass(frozen=True, slots=True)
class StandRow:
    """A line of the tree; what hundreds of lines show is worked out here, not by the template."""

    stand: Stand
    guides: tuple[str, ...]
    """For each level a line to draw: ``guide-pass``, ``guide-tee``, ``guide-end`` or nothing."""
    plus: str
    """What stands before what it adds to another."""
    images: Sequence[tuple[ShelvedImage, str]]
    """Some of its images with their addresses."""
    others: str
    """How many more have the same layers, in words."""
    layer_url: str
    shared: str
    """How many layers are shared, in words, where no image ends."""
    instruction: str
    """What made its top layer, where no image ends."""
    below: str
    """What it stands on."""
    count: str
    """How many images have it, in words, where others stand on it."""


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
        del below[len(follows) - 1 :]
        instruction = covered(told.get(stand.chain_id, ""))
        rows.append(stand_row(stand, follows, below[-1] if below else "", instruction))
        below.append(stand.name or instruction)
    return {
        "rows": rows,
        "left_out": len(stands) - len(shown),
        "largest": max((stand.whole_size for stand, _ in stands), default=0),
        "commands": [f"{commands.PROGRAM} tree"],
    }


def stand_row(stand: Stand, follows: tuple[bool, ...], below: str, instruction: str) -> StandRow:
    """A line of the tree, in words."""
    others = len(stand.images) - IMAGES_A_STAND
    named = stand.images[:IMAGES_A_STAND]
    return StandRow(
        stand=stand,
        guides=guides(follows),
        plus="+" if len(follows) > 1 else "",
        images=[(each, page_of("image-detail", each.image.image_id)) for each in named],
        others=in_words("image", "images", others) if others > 0 else "",
        layer_url=page_of("layer", stand.diff_id),
        shared="" if stand.images else in_words("shared layer", "shared layers", stand.layer_count),
        instruction=instruction[:INSTRUCTION_LENGTH],
        below=below,
        count=in_words("image", "images", stand.image_count) if stand.children else "",
    )


def in_words(one: str, many: str, count: int) -> str:
    """A number of things."""
    return f"{count} {ngettext(one, many, count)}"


@lru_cache(4096)
def page_of(name: str, digest: str) -> str:
    """The address of an image or a layer."""
    return reverse(f"layers:{name}", args=[digest])


def guides(follows: tuple[bool, ...]) -> tuple[str, ...]:
    """The lines that lead to a stand: those of the levels above it pass, its own ends or goes on."""
    if len(follows) == 1:
        return ()
    above = ["guide-pass" if follow else "" for follow in follows[1:-1]]
    return tuple([*above, "guide-tee" if follows[-1] else "guide-end"][-GUIDES:])


def table_context(request: HtmxHttpRequest, tree: ShelfTree) -> dict[str, Any]:
    """The lines of the table, and what deleting the chosen images would free."""
    chosen = {text.rpartition(":")[2] for text in request.GET.getlist("image")}
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
    lines = []
    for each in shelved:
        key = each.image.image_id.partition(":")[2]
        shared, count = shares.get(each.image.pk, (0, 0))
        freed = holdings.freed([each.image.pk])
        url = page_of("image-detail", each.image.image_id)
        lines.append(ImageLine(each, url, key, on.get(each.image.pk), count, shared, freed, key in chosen))
    return lines
