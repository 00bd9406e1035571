"""The frame of every edit: what a form sent, what is answered to it, and what to a refusal."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import push_url, replace_url, reswap, retarget, trigger_client_event

from layers.models import Container
from layers.oci.changeset.paths import ancestors, clean, join
from layers.oci.errors import EditRefused, OCIError
from layers.operations.editing import EditConflict
from layers.queries.containers import ContainerNotFound
from layers.queries.uppers import open_upper
from layers.templatetags.layers import visible
from layers.uploads import UploadRefused
from layers.views.asks import ask_context, named_paths
from layers.views.containers import container_url, get_container
from layers.views.partials import HtmxHttpRequest, wants_partial
from layers.views.workspace import render_workspace, workspace_context
from layers.views.workspace_state import ASKS, WorkspaceState

Act = Callable[[HtmxHttpRequest, Container, WorkspaceState], bytes]
"""Carries an edit out; gives the path to show then."""
LONGEST = 16384


def edit(verb: str) -> Callable[[Act], Callable[..., HttpResponse]]:
    """A POST view out of an ``Act``; a refusal goes back to the form of ``verb``, with all it held."""

    def view_of(act: Act) -> Callable[..., HttpResponse]:
        @require_POST
        @wraps(act)
        def view(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
            container, state = get_container(container_id), WorkspaceState.parse(request)
            try:
                path = act(request, container, state)
            except ContainerNotFound as error:
                raise Http404(str(error)) from error
            except (OCIError, UploadRefused) as refusal:
                asked = replace(state, ask=verb if verb in ASKS else "")
                return refused(request, get_container(container_id), asked, refusal)
            return edited(request, container, replace(state, path=path), moved=path != state.path)

        return view

    return view_of


def edited(
    request: HtmxHttpRequest, container: Container, state: WorkspaceState, *, moved: bool = False
) -> HttpResponse:
    """The panes as they are after an edit: swapped in by htmx, or by going to their page."""
    url = container_url(container) + state.query()
    if not wants_partial(request):
        return HttpResponseRedirect(url, status=HTTPStatus.SEE_OTHER)
    context = workspace_context(request, container, state) | {"oob": True}
    response = render(request, "layers/container/_edited.html", context)
    response = reswap(retarget(response, "#middle"), "outerHTML show:none")
    response = push_url(response, url) if moved else replace_url(response, url)
    return trigger_client_event(response, "edited", {"revision": container.revision}, after="swap")


def refused(
    request: HtmxHttpRequest, container: Container, state: WorkspaceState, refusal: Exception
) -> HttpResponse:
    """What was refused and why, where the person acted, with what they typed."""
    status, told = status_of(refusal), {"error": str(refusal), "filled": request.POST}
    state = replace(state, path=still_there(container, state.path))
    if not wants_partial(request):
        return render_workspace(request, container, state, status=status, **told)
    context = {"container": container, "state": state} | told
    if request.htmx.target == "ask":
        context |= ask_context(request, container, state)
        return render(request, "layers/container/_ask.html", context, status=status)
    context["state"] = replace(state, ask="")
    response = render(request, "layers/container/_said.html", context, status=status)
    return reswap(retarget(response, "#edit-said"), "outerHTML show:none")


def still_there(container: Container, path: bytes) -> bytes:
    """``path``, if the container or its image has it; else the nearest directory above that is there."""
    upper = open_upper(container)
    if upper.image_at(path) is not None:
        return path
    # From the top: a path that was typed may have thousands of directories that are not there.
    found = b""
    for directory in reversed([path, *ancestors(path)[:-1]]):
        if upper.at(directory) is None:
            break
        found = directory
    return found


def status_of(refusal: Exception) -> int:
    if isinstance(refusal, UploadRefused):
        return refusal.status
    return HTTPStatus.CONFLICT if isinstance(refusal, EditConflict) else HTTPStatus.UNPROCESSABLE_ENTITY


def chosen_paths(request: HttpRequest) -> list[bytes]:
    """The paths that a form names. Raises ``EditRefused`` where it names none."""
    paths = named_paths(request)
    if not paths:
        raise EditRefused(_("Nothing is chosen: tick a path first."))
    return paths


def typed(request: HttpRequest, field: str, missing: str) -> str:
    """What was typed into a field. Raises ``EditRefused`` where nothing was."""
    text = request.POST.get(field, "").strip()[:LONGEST]
    if not text:
        raise EditRefused(missing)
    return text


def typed_name(request: HttpRequest, directory: bytes) -> bytes:
    """The path of a new name in a directory; one with a leading slash counts from the root."""
    name = typed(request, "name", _("Give it a name."))
    path = clean(name.encode())
    return path if name.startswith("/") else clean(join(directory, name.encode()))


def typed_path(request: HttpRequest, was: bytes) -> bytes:
    """A whole path that was typed over ``was``, whose bytes stay as far as its spelling was left alone."""
    text = typed(request, "target", _("Say where to."))
    old, parts = was.split(b"/"), text.strip("/").split("/")
    found = []
    for part, before in zip(parts, [*old, *[None] * len(parts)], strict=False):
        if before is None or visible(before) != part:
            break
        found.append(before)
    return clean(b"/".join([*found, *(part.encode() for part in parts[len(found) :])]))


def number_of(request: HttpRequest, field: str) -> int | None:
    """A number that a form carries along, None where there is none. Raises ``EditRefused`` for other text."""
    text = request.POST.get(field, "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise EditRefused(
            _("“%(text)s” is no %(field)s: load the page again, look, and decide again.")
            % {"text": visible(text[:40]), "field": field}
        )
    return int(text) if text else None
