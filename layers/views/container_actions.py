"""What is done to a container as a whole: another name, back to the image, away with it."""

from http import HTTPStatus

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from layers.models import Container
from layers.oci.errors import EditRefused
from layers.operations.remove_container import remove_container
from layers.operations.rename_container import rename_container
from layers.operations.reset_container import reset_container
from layers.queries.containers import ContainerNotFound
from layers.views.containers import container_url, get_container
from layers.views.edits import number_of, refused
from layers.views.partials import HtmxHttpRequest, wants_partial
from layers.views.workspace_state import WorkspaceState


@require_POST
def container_rename(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """Gives it another name."""
    container = get_container(container_id)
    try:
        rename_container(container=container, name=request.POST.get("name", "").strip())
    except EditRefused as refusal:
        return back(request, container_id, "rename", refusal)
    return leave(request, container)


@require_POST
def container_reset(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """Forgets all its edits, unless somebody made more of them meanwhile."""
    container = get_container(container_id)
    try:
        reset_container(container=container, revision=number_of(request, "revision"))
    except EditRefused as refusal:
        return back(request, container_id, "reset", refusal)
    return leave(request, container)


@require_POST
def container_delete(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """Removes it, unless somebody edited it meanwhile."""
    container = get_container(container_id)
    try:
        remove_container(container=container, revision=number_of(request, "revision"))
    except ContainerNotFound as error:
        raise Http404(str(error)) from error
    except EditRefused as refusal:
        return back(request, container_id, "delete", refusal)
    return leave(request, None)


def back(request: HtmxHttpRequest, container_id: str, verb: str, refusal: Exception) -> HttpResponse:
    """To the form, with why it was refused."""
    return refused(request, get_container(container_id), WorkspaceState(ask=verb), refusal)


def leave(request: HtmxHttpRequest, container: Container | None) -> HttpResponse:
    """To the container, or to the list where the form was opened there or the container is gone."""
    url = reverse("layers:container-list")
    if container is not None and "list" not in request.POST:
        url = container_url(container)
    if wants_partial(request):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url, status=HTTPStatus.SEE_OTHER)
