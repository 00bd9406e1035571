"""The workspace of a container: its files, the chosen path, and its changes as they come."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from layers.models import Container
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import ancestors
from layers.oci.errors import EditRefused
from layers.operations.write_file import ABSENT
from layers.queries.container_tree import container_lookup
from layers.queries.tree import NoSuchPath
from layers.queries.uppers import open_upper
from layers.queries.workspace_tree import Branch, change_at, open_tree, workspace_listing
from layers.views import commands
from layers.views.asks import ask_context
from layers.views.container_files import file_context
from layers.views.containers import container_url, get_container, heading
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.rail import rail_context
from layers.views.state import PAGE_ROWS, number
from layers.views.workspace_state import WorkspaceState, open_directories

PARTS = {
    "middle": "layers/container/_middle.html",
    "rail": "layers/container/_rail.html",
    "rail-rows": "layers/container/_rail.html",
    "ask": "layers/container/_ask.html",
}
"""What htmx may ask for by its target, when not for all three panes."""
WORKSPACE = "layers/container/_workspace.html"
SELECTION_ASKS = (
    ("move", gettext_lazy("Move…")),
    ("copy", gettext_lazy("Copy…")),
    ("chmod", gettext_lazy("Mode…")),
    ("chown", gettext_lazy("Owner…")),
)
DEEPEST = 4096


@require_safe
def container_detail(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """The three panes: the merged tree, the chosen path, and what ``docker diff`` says."""
    container, state = get_container(container_id), WorkspaceState.parse(request)
    try:
        real = open_upper(container).real(state.path)
    except EditRefused as error:
        raise Http404(str(error)) from error
    if real != state.path:
        return HttpResponseRedirect(container_url(container) + replace(state, path=real).query())
    return render_workspace(request, container, state)


def render_workspace(
    request: HtmxHttpRequest,
    container: Container,
    state: WorkspaceState,
    *,
    status: int = HTTPStatus.OK,
    pane: dict[str, Any] | None = None,
    **told: Any,
) -> HttpResponse:
    """The page, or the pane that htmx asks for; ``told`` is what was wrong with a form."""
    part = PARTS.get(request.htmx.target or "", WORKSPACE)
    context = workspace_context(request, container, state, part, pane) | told
    response = render_page(
        request, "layers/container/detail.html", partial=part, context=context, status=status
    )
    patch_vary_headers(response, ["HX-Target"])
    return response


def workspace_context(
    request: HtmxHttpRequest,
    container: Container,
    state: WorkspaceState,
    part: str = WORKSPACE,
    pane: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What the panes show, or one of them; ``pane`` is what the one in the middle shows, if that is known."""
    context: dict[str, Any] = {"container": container, "state": state}
    if state.ask:
        context |= ask_context(request, container, state)
    if part == PARTS["ask"]:
        return context
    context |= heading(container, "files")
    if part in (WORKSPACE, PARTS["middle"]):
        context |= middle(request, container, state) if pane is None else pane
    if part in (WORKSPACE, PARTS["rail"]):
        context |= rail_context(container, state)
    if part == WORKSPACE:
        context |= tree(container, state, open_directories(request))
        context["holds_now"] = held_at(container, state.path)
    return context


def held_at(container: Container, path: bytes) -> str:
    """The sha256 of the file at a path; as an editor is told that there is none."""
    entry = open_upper(container).at(path)
    return entry.sha256.hex() if entry is not None and entry.sha256 else ABSENT


@require_safe
def container_rows(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """The rows of one directory of the tree, to be put below it; a whole page without scripts."""
    container, state = get_container(container_id), WorkspaceState.parse(request)
    if not request.htmx:
        return HttpResponseRedirect(container_url(container) + state.query())
    level = number(request.GET.get("level"), 1, DEEPEST, 2)
    context = {"container": container, "state": state, "branches": branches(container, state.path, level)}
    part = "layers/container/_tree_rows.html"
    return render_page(request, part, partial=part, context=context)


@require_safe
def container_fresh(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """The panes again, if somebody has edited the container since the page that asks was made."""
    container, state = get_container(container_id), WorkspaceState.parse(request)
    if not request.htmx:
        return HttpResponseRedirect(container_url(container) + state.query())
    if request.GET.get("seen") == str(container.revision):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    context = workspace_context(request, container, state) | {"oob": True}
    return render(request, "layers/container/_fresh.html", context | {"with_middle": "middle" in request.GET})


def branches(container: Container, path: bytes, level: int) -> list[Branch]:
    """The rows of one directory; a path that is no directory is 404."""
    try:
        return list(open_tree(container, (), PAGE_ROWS, path, level))
    except (NoSuchPath, NotADirectoryError) as error:
        raise Http404(str(error)) from error


def tree(container: Container, state: WorkspaceState, opened: set[bytes]) -> dict[str, Any]:
    """The merged tree, open down to the chosen path and wherever it was open before."""
    opened = opened | {state.path, *ancestors(state.path)}
    return {"branches": list(open_tree(container, opened, PAGE_ROWS))}


def middle(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> dict[str, Any]:
    """What the chosen path is: a directory, a file, something special, or deleted."""
    try:
        row = container_lookup(container, state.path)
    except NoSuchPath as error:
        lower = open_upper(container).image_at(state.path)
        if lower is None:
            raise Http404(str(error)) from error
        return {"chosen": "deleted", "entry": lower}
    context = {
        "row": row,
        "entry": row.entry,
        "change": change_at(container, state.path),
        "commands": commands.for_container(container, state.path),
    }
    if row.entry.kind is Kind.DIRECTORY:
        return context | directory(container, state)
    return context | {"chosen": "file"} | file_context(request, container, state.path)


def directory(container: Container, state: WorkspaceState) -> dict[str, Any]:
    """A page of what the chosen directory holds, and what can be done with some of it."""
    rows, total = workspace_listing(container, state.path, offset=state.offset, limit=PAGE_ROWS, sized=True)
    last = state.offset + len(rows)
    return {
        "chosen": "directory",
        "rows": rows,
        "total": total,
        "first_row": state.offset + 1,
        "last_row": last,
        "previous_offset": max(0, state.offset - PAGE_ROWS),
        "next_offset": last if last < total else None,
        "selection_asks": SELECTION_ASKS,
    }
