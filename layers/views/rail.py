"""The rail of a workspace: the changes of the container as ``docker diff`` prints them, each with its why."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from layers.models import Container, Edit
from layers.oci.changeset.paths import as_text
from layers.queries.changes import Filter
from layers.queries.container_changes import container_changes
from layers.views.containers import get_container
from layers.views.partials import HtmxHttpRequest
from layers.views.workspace_state import WorkspaceState

RAIL_ROWS = 100
STEPS_SHOWN = 50


def rail_context(container: Container, state: WorkspaceState) -> dict[str, Any]:
    """The changes as far as they are not filtered out, and the steps that led to them."""
    wanted = Filter(state.kinds, state.text, silent=state.silent)
    page = container_changes(container, wanted, offset=state.rail_offset, limit=RAIL_ROWS)
    steps = list(container.edits.defer("rows").order_by("-number")[:STEPS_SHOWN])
    last = state.rail_offset + len(page.rows)
    return {
        "changes": page,
        "kinds": [(kind, kind in state.kinds, state.toggled(kind)) for kind in "ACD"],
        "other_silent": not state.silent,
        "rail_last": last,
        "steps": steps,
        "undo": next((step for step in steps if not step.undone), None),
        "redo": next_undone(container),
    }


def next_undone(container: Container) -> Edit | None:
    """The step that is redone next: the first of those that were undone."""
    return container.edits.filter(undone=True).defer("rows").order_by("number").first()


@require_safe
def container_diff(request: HtmxHttpRequest, container_id: str) -> HttpResponse | StreamingHttpResponse:
    """What ``docker diff`` prints of the container, as text."""
    container, state = get_container(container_id), WorkspaceState.parse(request)
    return StreamingHttpResponse(
        diff_lines(container, state),
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


def diff_lines(container: Container, state: WorkspaceState) -> Iterator[str]:
    page = container_changes(container, Filter(state.kinds, state.text))
    for row in page.rows:
        yield f"{row.kind} /{as_text(row.path)}\n"
