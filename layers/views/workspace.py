"""The workspace of a container: its files, the chosen path, and its changes as they come."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from layers.models import Container, Edit
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import ancestors
from layers.oci.errors import EditRefused
from layers.queries.container_changes import container_changes
from layers.queries.container_tree import container_lookup
from layers.queries.tree import NoSuchPath
from layers.queries.uppers import open_upper
from layers.queries.workspace_tree import open_tree, workspace_listing
from layers.views import commands
from layers.views.container_files import file_context
from layers.views.containers import container_url, get_container, heading
from layers.views.images import paged
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.state import PAGE_ROWS
from layers.views.workspace_state import WorkspaceState, open_directories

RAIL_ROWS = 200
PARTS = {"middle": "layers/container/_middle.html", "rail": "layers/container/_rail.html"}
"""What htmx may ask for by its target, when not for all three panes."""


@require_safe
def container_detail(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """The three panes: the merged tree, the chosen path, and what ``docker diff`` says."""
    container = get_container(container_id)
    state = WorkspaceState.parse(request)
    part = PARTS.get(request.htmx.target or "", "layers/container/_workspace.html")
    context = heading(container, "files") | {"state": state}
    context |= middle(request, container, state) | rail(container, state)
    if part not in PARTS.values():
        context |= tree(container, state, open_directories(request))
    response = render_page(request, "layers/container/detail.html", partial=part, context=context)
    patch_vary_headers(response, ["HX-Target"])
    return response


@require_safe
def container_rows(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """The rows of one directory of the tree, to be put below it; a whole page without scripts."""
    container, state = get_container(container_id), WorkspaceState.parse(request)
    if not request.htmx:
        return HttpResponseRedirect(container_url(container) + state.query())
    level = request.GET.get("level", "2")
    context = {
        "container": container,
        "state": state,
        "branches": branches(container, state.path, int(level) if level in LEVELS else 2),
    }
    part = "layers/container/_tree_rows.html"
    return render_page(request, part, partial=part, context=context)


LEVELS = frozenset(map(str, range(1, 1000)))


def branches(container: Container, path: bytes, level: int) -> list[Any]:
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
    except EditRefused as error:
        raise Http404(str(error)) from error
    common = {"row": row, "entry": row.entry, "commands": commands.for_container(container, state.path)}
    if row.entry.kind is Kind.DIRECTORY:
        rows = paged(workspace_listing(container, state.path), state)
        return common | {"chosen": "directory"} | rows
    return common | {"chosen": "file"} | file_context(request, container, state.path)


def rail(container: Container, state: WorkspaceState) -> dict[str, Any]:
    """The changes of the container, as far as they are not filtered out."""
    page = container_changes(
        container,
        kinds=state.kinds,
        text=state.text,
        silent=state.silent,
        offset=state.rail_offset,
        limit=RAIL_ROWS,
    )
    return {
        "changes": page,
        "undo": next_step(container, undone=False),
        "redo": next_step(container, undone=True),
    }


def next_step(container: Container, *, undone: bool) -> Edit | None:
    """The step that is undone next; with ``undone``, the one that is redone next."""
    steps = container.edits.filter(undone=undone).defer("rows")
    return steps.order_by("number" if undone else "-number").first()
