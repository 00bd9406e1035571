"""The forms of the workspace: what each one asks, and what its fields hold at first."""

from typing import Any
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest
from django.urls import reverse

from layers.models import Container
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import clean, split
from layers.queries.container_changes import container_counts
from layers.queries.containers import image_name
from layers.queries.uppers import open_upper
from layers.templatetags.layers import visible
from layers.views.workspace_state import ASKS, WorkspaceState

ABOUT_THE_CONTAINER = ("rename", "reset", "delete")


def ask_context(request: HttpRequest, container: Container, state: WorkspaceState) -> dict[str, Any]:
    """What ``_ask.html`` shows of the form that is open."""
    action = reverse(ASKS[state.ask], args=[container.container_id])
    context: dict[str, Any] = {"action": action + state.query(ask=""), "leads_to_list": "list" in request.GET}
    if state.ask in ABOUT_THE_CONTAINER:
        return context | about(container)
    upper = open_upper(container)
    paths = named_paths(request) or [state.path]
    entries = [entry for entry in map(upper.at, paths) if entry is not None]
    return context | {
        "paths": paths,
        "directory": state.path if upper.is_directory(state.path) else split(state.path)[0],
        "target": target(paths),
        "mode": f"{entries[0].mode:04o}" if entries else "",
        "owner": f"{entries[0].uid}:{entries[0].gid}" if entries else "",
        "has_directory": any(map(is_directory, entries)),
    }


def about(container: Container) -> dict[str, Any]:
    """What is lost when the container is."""
    counts = container_counts(container)
    return {
        "counts": counts,
        "change_count": counts["A"] + counts["C"] + counts["D"],
        "step_count": container.edits.count(),
        "upper_size": open_upper(container).size,
        "image_name": image_name(container.image),
    }


def named_paths(request: HttpRequest) -> list[bytes]:
    """The paths a form names, byte for byte: each percent-encoded, as a link has it."""
    named = [*request.GET.getlist("chosen"), *request.POST.getlist("chosen")]
    return [clean(unquote_to_bytes(text)) for text in named]


def target(paths: list[bytes]) -> str:
    """What the field says at first: the path itself; of several, the directory they are in."""
    path = paths[0] if len(paths) == 1 else split(paths[0])[0]
    return "/" + visible(path)


def is_directory(entry: Entry) -> bool:
    return entry.kind is Kind.DIRECTORY
