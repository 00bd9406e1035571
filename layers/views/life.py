"""The life of a path as a page of its own, for directories too; and what leads to it."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from layers.oci.digest import Digest
from layers.queries.life import Event, life, living_path
from layers.queries.links import links_to
from layers.queries.tree import NoSuchPath
from layers.views import commands
from layers.views.files import Shown, find_shown
from layers.views.images import get_image, heading
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.state import LayerState, path_of


@require_safe
def image_life(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """Every layer that touched a path or anything below it, oldest first."""
    image, path = get_image(digest), path_of(request)
    try:
        real = living_path(image, path)
    except (NoSuchPath, NotADirectoryError) as error:
        raise Http404(str(error)) from error
    if real != path:
        top = LayerState(0, path=real).query().partition("&")[2]
        return HttpResponseRedirect(f"{reverse('layers:image-life', args=[digest])}?{top}")
    events = life(image, path)
    context = heading(image, "layers")
    context |= {
        "path": path,
        "events": events,
        "last": events[-1].version,
        "state": LayerState(events[-1].version.position, path=path),
        "tallies": tallies(events),
        "largest": max(event.version.size for event in events),
        "commands": commands.for_life(context["name"], path),
    }
    return render_page(request, "layers/life/detail.html", partial="layers/life/_life.html", context=context)


def tallies(events: list[Event]) -> dict[str, list[int]]:
    """The layers that made the path, and those that deleted it."""
    return {kind: [event.version.position for event in events if event.version.kind == kind] for kind in "AD"}


@require_safe
def image_links(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """Other names of a file, and symlinks that lead to it, as they are at a layer."""
    shown = find_shown(request, digest)
    context: dict[str, Any] = heading(shown.image, "layers")
    context |= {"shown": shown, "path": shown.path, "state": LayerState(shown.layer, path=shown.path)}
    context["links"] = found_links(shown)
    return render_page(request, "layers/life/links.html", partial="layers/life/_links.html", context=context)


def found_links(shown: Shown) -> Any:
    """What leads to the path; 404 where it is not there at that layer."""
    try:
        return links_to(shown.image, shown.layer, shown.path)
    except NoSuchPath as error:
        raise Http404(str(error)) from error
