"""The pages of containers: all of them, and what every page of one of them shows at its head."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from layers.models import Container, Image
from layers.oci.errors import EditRefused
from layers.operations.create_container import create_container
from layers.queries.access import check_change, may_change
from layers.queries.container_changes import container_counts
from layers.queries.containers import image_name, list_containers
from layers.queries.images import AmbiguousImage, ImageNotFound, find_image
from layers.queries.sides import container_text
from layers.queries.stack import familiar_names
from layers.queries.uppers import open_upper
from layers.views import commands
from layers.views.partials import HtmxHttpRequest, render_page


def get_container(container_id: str) -> Container:
    """The container whose ID begins so, or 404; 403 for a request that would change what is another's."""
    containers = Container.objects.visible().select_related("image__chain", "image__config", "owner")
    # Past the last hex digit: all that begin so lie between, and an index finds them.
    found = list(containers.filter(container_id__gte=container_id, container_id__lt=container_id + "g")[:2])
    if len(found) != 1:
        raise Http404(_("No such container: %(text)s") % {"text": container_id})
    check_change(found[0])
    return found[0]


def container_url(container: Container) -> str:
    return reverse("layers:container-detail", args=[container.container_id])


def heading(container: Container, tab: str) -> dict[str, Any]:
    """What the head of every page of a container shows."""
    counts, names = container_counts(container), familiar_names(container.image)
    name = commands.name_of(container.image, names)
    return {
        "section": "containers",
        "tab": tab,
        "container": container,
        "may_edit": may_change(container),
        "image": container.image,
        "image_name": name.removesuffix(":latest"),
        "sides": (name, container_text(container)),
        "counts": counts,
        "change_count": counts["A"] + counts["C"] + counts["D"],
        "upper_size": open_upper(container).size,
    }


@require_safe
def container_list(request: HtmxHttpRequest) -> HttpResponse:
    """Every container, as ``docker ps --all`` lists them and more; the form that makes one."""
    return render_list(request)


def render_list(
    request: HtmxHttpRequest, *, error: str = "", status: int = HTTPStatus.OK, **filled: str
) -> HttpResponse:
    """The list, with what was wrong with a form and what its fields held."""
    context = {
        "section": "containers",
        "rows": [(row, may_change(row.container)) for row in list_containers()],
        "images": images_to_choose(),
        "error": error,
        "filled": filled,
        "commands": ["docker ps --all --size", f"{commands.PROGRAM} ps --size"],
    }
    return render_page(
        request,
        "layers/container/list.html",
        partial="layers/container/_containers.html",
        context=context,
        status=status,
    )


def images_to_choose() -> list[tuple[str, str]]:
    """ID and name of every image, newest first."""
    return [(image.image_id, image_name(image)) for image in Image.objects.visible().order_by("-pk")]


@require_POST
def container_create(request: HtmxHttpRequest) -> HttpResponse:
    """A container of the image that was chosen; to its workspace, or back to the form with what is wrong."""
    image, name = request.POST.get("image", ""), request.POST.get("name", "").strip()
    try:
        container = create_container(image=find_image(image), name=name)
    except (EditRefused, ImageNotFound, AmbiguousImage) as refusal:
        return render_list(
            request, error=str(refusal), status=HTTPStatus.UNPROCESSABLE_ENTITY, image=image, name=name
        )
    return HttpResponseRedirect(container_url(container), status=HTTPStatus.SEE_OTHER)
