"""The pages of images: all of them, and one of them layer by layer."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from layers.models import Container, Image, Job
from layers.oci.digest import Digest
from layers.queries.change_tree import change_tree
from layers.queries.changes import Filter, changes, changes_between
from layers.queries.containers import image_name
from layers.queries.directory_page import directory_page
from layers.queries.images import list_images, platforms
from layers.queries.packages import operating_system
from layers.queries.shelf import base_of
from layers.queries.stack import StackRow, familiar_names, layer_sizes, stack
from layers.queries.tree import NoSuchPath
from layers.views import commands, commit_commands
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.state import PAGE_ROWS, LayerState

LATEST_JOBS = 4


def get_image(digest: Digest) -> Image:
    """The image of that ID, or 404."""
    images = Image.objects.visible().select_related("config", "chain")
    return get_object_or_404(images, image_id=str(digest))


def heading(image: Image, tab: str) -> dict[str, Any]:
    """What the head of every page of an image shows."""
    names = familiar_names(image)
    name = commands.name_of(image, names)
    return {
        "section": "images",
        "tab": tab,
        "image": image,
        "names": names,
        "name": name,
        "save_commands": commands.for_save(name),
        "platforms": platforms(image),
        "system": operating_system(image),
        "base": base_of(image),
    }


@require_safe
def image_list(request: HtmxHttpRequest) -> HttpResponse:
    """Every image, as ``docker images`` lists them and more; imports that run or just failed."""
    text = request.GET.get("q", "")[:200]
    rows = list_images(text)
    jobs = list(Job.objects.visible()[:LATEST_JOBS])
    sizes = layer_sizes([row.image for row in rows])
    context = {
        "section": "images",
        "rows": [(row, sizes.get(row.image.pk, [])) for row in rows],
        "text": text,
        "library_is_empty": not rows and not Image.objects.visible().exists(),
        "jobs": jobs,
        "is_active": any(job.is_active for job in jobs),
        "commands": ["docker images", f"{commands.PROGRAM} images"],
    }
    return render_page(
        request, "layers/image/list.html", partial="layers/image/_images.html", context=context
    )


def change_rows(image: Image, state: LayerState) -> dict[str, Any]:
    """A page of the changes of a layer, or of a range of layers."""
    wanted = Filter(state.kinds, state.text, state.min_size, state.sort, state.silent)
    if state.first is None:
        page = changes(image, state.layer, wanted, offset=state.offset, limit=PAGE_ROWS)
    else:
        page = changes_between(image, state.first, state.layer, wanted, offset=state.offset, limit=PAGE_ROWS)
    return {
        "page": page,
        "first_row": state.offset + 1,
        "last_row": state.offset + len(page.rows),
        "previous_offset": max(0, state.offset - PAGE_ROWS),
    }


def outline_rows(image: Image, state: LayerState) -> dict[str, Any]:
    """The changes below one directory, each directory with its counts."""
    rows = change_tree(image, state.layer, state.path, kinds=state.kinds, silent=state.silent)
    return paged(rows, state)


def tree_rows(image: Image, state: LayerState) -> dict[str, Any]:
    """The merged tree of one directory."""
    page = directory_page(image, state.layer, state.path, offset=state.offset, limit=PAGE_ROWS)
    last = state.offset + PAGE_ROWS
    return page._asdict() | {"next_offset": last if last < page.total else None}


def paged(rows: list[Any], state: LayerState) -> dict[str, Any]:
    """A page of the rows of a directory, and how many there are in all."""
    last = state.offset + PAGE_ROWS
    largest = max((getattr(row, "subtree_size", 0) for row in rows), default=0)
    return {
        "rows": rows[state.offset : last],
        "total": len(rows),
        "largest": largest,
        "next_offset": last if last < len(rows) else None,
    }


LISTINGS: dict[str, Callable[[Image, LayerState], dict[str, Any]]] = {
    "changes": change_rows,
    "outline": outline_rows,
    "tree": tree_rows,
}


def listed(image: Image, state: LayerState) -> dict[str, Any]:
    """The rows of the view that ``state`` asks for; a path that is not there is 404."""
    try:
        return LISTINGS[state.view](image, state)
    except (NoSuchPath, NotADirectoryError) as error:
        raise Http404(str(error)) from error


@require_safe
def image_detail(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """The layer stack of an image, and what the chosen layer holds."""
    image = get_image(digest)
    layers = stack(image)
    context = heading(image, "layers") | {"stack": layers} | story(image, "committed" in request.GET)
    if layers:
        state = LayerState.parse(request, len(layers) - 1)
        context |= pane(layers, state, context["name"]) | listed(image, state)
    return render_page(
        request, "layers/image/detail.html", partial="layers/image/_browser.html", context=context
    )


def story(image: Image, just_committed: bool) -> dict[str, Any]:
    """How the image was committed, if it was, the last time."""
    commit = image.commits.first()
    if commit is None:
        return {}
    step = image.history_rows.last()
    base = Image.objects.visible().filter(pk=commit.base_id).first()
    said = (step.author, step.comment) if step else ("", "")
    return {
        "commit": commit,
        "committed_by": Container.objects.visible().filter(container_id=commit.container_id).first(),
        "commit_base": base,
        "base_name": image_name(base) if base else "",
        "is_layerless": step is not None and step.empty_layer,
        "commit_commands": commit_commands.for_commit(commit, *said),
        "load_command": commands.for_load(commands.name_of(image, familiar_names(image))),
        "just_committed": just_committed,
    }


def pane(layers: list[StackRow], state: LayerState, name: str) -> dict[str, Any]:
    """What the pane of a layer shows beside its rows."""
    top = len(layers) - 1
    row = layers[top - state.layer]
    first = state.layer if state.first is None else state.first
    chosen = layers[top - state.layer : top - first + 1]
    return {
        "state": state,
        "row": row,
        "positions": range(top + 1),
        "largest_layer": max(layer.layer.content_size for layer in layers),
        "largest_form": max(row.stored_size, row.layer.content_size, abs(row.chain.net_size)),
        "counts": [
            (kind, sum(getattr(layer.chain, field) for layer in chosen), state.toggled(kind))
            for kind, field in COUNTED
        ],
        "silent_count": sum(layer.chain.silent for layer in chosen),
        "other_silent": not state.silent,
        "size_steps": SIZE_STEPS,
        "below": state.layer - 1 if state.layer else None,
        "above": state.layer + 1 if state.layer < top else None,
        "commands": commands.for_layer(name, row, state, top),
    }


COUNTED = (("A", "added"), ("C", "changed"), ("D", "deleted"))
SIZE_STEPS = (
    (0, _("any size")),
    (1_000, _("from 1 kB")),
    (100_000, _("from 100 kB")),
    (1_000_000, _("from 1 MB")),
    (10_000_000, _("from 10 MB")),
    (100_000_000, _("from 100 MB")),
)


@require_safe
def image_rows(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """The rows of one directory, to be put below it; a whole page for those who have no script."""
    image = get_image(digest)
    state = LayerState.parse(request, image.image_layers.count() - 1)
    if not request.htmx or state.view == "changes":
        return HttpResponseRedirect(reverse("layers:image-detail", args=[digest]) + state.query())
    level = request.GET.get("level", "1")
    context = {
        "image": image,
        "state": state,
        "level": int(level) if level.isdecimal() and len(level) < 5 else 1,
    }
    part = f"layers/image/_{state.view}_rows.html"
    return render_page(request, part, partial=part, context=context | listed(image, state))
