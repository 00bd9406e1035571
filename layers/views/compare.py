"""The page that compares two sides: files, config, history, sizes and packages."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from layers.oci.errors import OCIError
from layers.oci.findings.values import SECRET_NAME
from layers.queries.compare_history import compare_histories
from layers.queries.compared_config import compare_configs
from layers.queries.compared_files import FileComparison, FileFilter, compare_files
from layers.queries.compared_packages import compare_packages
from layers.queries.compared_sizes import Sizes, compare_directories, compare_sizes
from layers.queries.config_diff import FieldChange
from layers.queries.files import ContentMissing
from layers.queries.sides import Side, side_choices
from layers.queries.tree import NoSuchPath
from layers.views import commands
from layers.views.compare_sides import canonical, pick
from layers.views.compare_state import TABS, CompareState
from layers.views.images import SIZE_STEPS
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.state import KINDS, PAGE_ROWS, number

TAB_ROWS = 300
"""Fields, steps, packages, names in a directory."""
REASONS = (
    ("", _("any reason")),
    ("content", _("content")),
    ("mode", _("mode")),
    ("owner", _("owner")),
    ("time", _("time")),
    ("xattr", _("xattr")),
)


@require_safe
def compare(request: HtmxHttpRequest) -> HttpResponse:
    """What differs between two images, images at a layer, or containers."""
    redirect = canonical(request)
    if redirect is not None:
        return redirect
    state, choices = CompareState.parse(request), side_choices()
    picks = [pick(letter, getattr(state, letter), choices) for letter in "ab"]
    context: dict[str, Any] = {
        "section": "compare",
        "state": state,
        "picks": picks,
        "chosen": number(request.GET.get("chosen"), 0, 10**6, 0),
    }
    a, b = (each.side for each in picks)
    if a is not None and b is not None:
        context |= compared(request, state, a, b)
    return render_page(
        request,
        "layers/compare/page.html",
        partial="layers/compare/_comparison.html",
        context=context,
        status=HTTPStatus.NOT_FOUND if any(each.error for each in picks) else HTTPStatus.OK,
    )


def compared(request: HtmxHttpRequest, state: CompareState, a: Side, b: Side) -> dict[str, Any]:
    """What every tab shows, and what the chosen one does."""
    files = compare_files(a, b)
    if "counts" in request.GET:
        files.find_all()
    files.page(FileFilter(), limit=0)  # a small comparison is known whole by now, and its counts are
    sizes = compare_sizes(a, b)
    context: dict[str, Any] = {
        "a": a,
        "b": b,
        "sizes": list(zip((a, b), sizes, strict=True)),
        "shared": shared_bar(*sizes),
        "histories": compare_histories(a.image, b.image, tops=(top_or_none(a), top_or_none(b))),
        "packages": compare_packages(a, b),
        "commands": commands.for_comparison(a, b, state.tab),
    }
    try:
        context["config"] = config_rows(a, b, state.whole)
    except (ContentMissing, OCIError) as error:
        context |= {"config": [], "trouble": str(error)}
    totals = counted(files, context)
    context["tabs"] = [(tab, state.tab_query(tab), totals[tab]) for tab in TABS]
    if state.tab in LISTED:
        return context | paged(LISTED[state.tab](context), state)
    return context | SHOWN[state.tab](state, a, b)


LISTED: dict[str, Callable[[dict[str, Any]], Sequence[Any]]] = {
    "config": lambda context: context["config"],
    "history": lambda context: context["histories"].pairs,
    "packages": lambda context: context["packages"].rows,
}
"""Tabs whose rows are there already."""


def paged(rows: Sequence[Any], state: CompareState) -> dict[str, Any]:
    """A page of rows that are all at hand."""
    last = state.offset + TAB_ROWS
    return {
        "rows": rows[state.offset : last],
        "row_count": len(rows),
        "first_row": state.offset + 1,
        "last_row": min(last, len(rows)),
        "previous_offset": max(0, state.offset - TAB_ROWS),
        "next_offset": last if last < len(rows) else None,
    }


def top_or_none(side: Side) -> int | None:
    return None if side.is_whole else side.position


def counted(files: FileComparison, context: dict[str, Any]) -> dict[str, int | None]:
    """How many differences a tab holds; None where that is not known, or says nothing."""
    histories = context["histories"]
    return {
        "files": files.told_count if files.is_complete else None,
        "config": sum(bool(row.kind) for row, _ in context["config"]),
        "history": len(histories.first) + len(histories.second),
        "sizes": None,
        "packages": len(context["packages"].rows),
    }


def config_rows(a: Side, b: Side, whole: bool) -> list[tuple[FieldChange, bool]]:
    """Fields, each with whether its name says that it should not be read over a shoulder."""
    return [(row, bool(SECRET_NAME.search(row.name))) for row in compare_configs(a, b, same=whole)]


def shared_bar(a: Sizes, b: Sizes) -> dict[str, Any]:
    """Layers as boxes of one drawing: what both have over its whole height, beside it what each has alone."""
    scale = 100 / (max(a.content_size, b.content_size) or 1)
    shared = a.shared_size * scale
    return {"width": f"{shared:.2f}", "own": [own_boxes(sizes, shared, scale) for sizes in (a, b)]}


def own_boxes(sizes: Sizes, start: float, scale: float) -> list[dict[str, Any]]:
    """The layers of one side and the upper of a container, from left to right; too thin ones are left out."""
    weights = [row.content_size for row in sizes.own_layers] + [sizes.upper_size or 0]
    boxes = []
    for place, weight in enumerate(weights):
        width = weight * scale
        if width >= 0.2:
            boxes.append({"x": f"{start:.2f}", "width": f"{width:.2f}", "tone": place % 2})
        start += width
    return boxes


def files_tab(state: CompareState, a: Side, b: Side) -> dict[str, Any]:
    """A page of the files that differ."""
    files = compare_files(a, b)
    page = files.page(state.filter, state.offset, PAGE_ROWS)
    counts = files.counts if files.is_complete else {}
    return {
        "page": page,
        "counts": [(kind, counts.get(kind), state.toggled(kind)) for kind in KINDS],
        "silent_count": counts.get("silent"),
        "other_silent": not state.silent,
        "first_row": state.offset + 1,
        "last_row": state.offset + len(page.rows),
        "previous_offset": max(0, state.offset - PAGE_ROWS),
        "has_next": page.has_next,
        "size_steps": SIZE_STEPS,
        "reasons": REASONS,
    }


TOTALS = (
    (_("Layers"), True, lambda sizes: len(sizes.layers)),
    (_("Size, as docker counts it"), False, lambda sizes: sizes.content_size),
    (_("of that, the other has it too"), False, lambda sizes: sizes.shared_size),
    (_("of that, alone"), False, lambda sizes: sizes.own_size),
    (_("Layers as they are stored"), False, lambda sizes: sizes.stored_size),
    (_("Files that can be seen"), False, lambda sizes: sizes.tree_size),
    (_("Paths that can be seen"), True, lambda sizes: sizes.path_count),
)
"""What is measured: its label, whether it is a number and no bytes, and how to get it."""


class Total(NamedTuple):
    """One figure of both sides."""

    label: str
    is_count: bool
    before: int
    after: int

    @property
    def delta(self) -> int:
        return self.after - self.before

    @property
    def signed(self) -> str:
        return f"{self.delta:+,}".replace("-", "−") if self.delta else ""


def sizes_tab(state: CompareState, a: Side, b: Side) -> dict[str, Any]:
    """One directory on both sides, largest change first."""
    try:
        rows = compare_directories(a, b, state.path)
    except NoSuchPath as error:
        raise Http404(str(error)) from error
    differing = rows if state.whole else [row for row in rows if row.differs]
    weights = compare_sizes(a, b)
    return paged(differing, state) | {
        "totals": [Total(label, is_count, *map(figure, weights)) for label, is_count, figure in TOTALS],
        "same_count": len(rows) - len(differing),
        "largest": max((abs(row.delta) for row in rows), default=0),
    }


SHOWN: dict[str, Callable[[CompareState, Side, Side], dict[str, Any]]] = {
    "files": files_tab,
    "sizes": sizes_tab,
}
