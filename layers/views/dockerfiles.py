"""Dockerfiles of changes, of a container or a layer, and the contexts to build them in."""

from typing import Any
from urllib.parse import quote_from_bytes

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from layers.models import Container
from layers.oci.digest import Digest
from layers.oci.findings.cover import covered
from layers.operations.write_dockerfile import DockerfileBuild, write_dockerfile
from layers.operations.write_layer_dockerfile import write_layer_dockerfile
from layers.queries.images import short_id
from layers.queries.sides import container_text
from layers.views import containers, images
from layers.views.commands import PROGRAM, word
from layers.views.downloads import TAR, download, told
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.state import paths_of
from layers.views.textwork import highlighted

PART = "layers/commit/_dockerfile.html"


@require_safe
@told
def container_dockerfile(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """What was changed, as a build to read and repeat; each ``leave_out`` is a path that is not in it."""
    container, left_out = containers.get_container(container_id), paths_of(request, "leave_out")
    context_url = reverse("layers:container-context", args=[container.container_id])
    query = "&".join(f"leave_out={quote_from_bytes(path)}" for path in left_out)
    options = "".join(f" --leave-out {word(path)}" for path in left_out)
    context = containers.heading(container, "dockerfile") | shown(
        build_of(request, container),
        f"{PROGRAM} dockerfile{options} {container_text(container)}",
        f"{context_url}?{query}" if query else context_url,
    )
    page = "layers/commit/dockerfile.html"
    return render_page(request, page, partial=PART, context=context | {"left_out": left_out})


@require_safe
@told
def container_context(request: HtmxHttpRequest, container_id: str) -> HttpResponseBase:
    """Dockerfile and files as one tar, as ``docker build -`` takes it."""
    container = containers.get_container(container_id)
    build = build_of(request, container)
    return download(request, build.context(), f"{container.name}-context.tar", TAR, None)


@require_safe
@told
def layer_dockerfile(request: HtmxHttpRequest, digest: Digest, position: int) -> HttpResponse:
    """What a layer holds, as a build upon the layers below it."""
    image = images.get_image(digest)
    context = images.heading(image, "layers")
    context |= {"position": position} | shown(
        write_layer_dockerfile(image=image, position=position),
        f"{PROGRAM} dockerfile --layer {position} {context['name']}",
        reverse("layers:layer-context", args=[image.image_id, position]),
    )
    page = "layers/commit/layer_dockerfile.html"
    return render_page(request, page, partial=PART, context=context)


@require_safe
@told
def layer_context(request: HtmxHttpRequest, digest: Digest, position: int) -> HttpResponseBase:
    """The Dockerfile of a layer and its files as one tar."""
    image = images.get_image(digest)
    build = write_layer_dockerfile(image=image, position=position)
    return download(request, build.context(), f"{short_id(image)}-{position}-context.tar", TAR, None)


def shown(build: DockerfileBuild, command: str, context_url: str) -> dict[str, Any]:
    """What the page of a build shows."""
    return {
        "build": build,
        "lines": highlighted(covered(build.dockerfile.rstrip("\n")), "docker"),
        "context_url": context_url,
        "commands": [command, f"{command} --output - | docker build -t NAME -"],
    }


def build_of(request: HttpRequest, container: Container) -> DockerfileBuild:
    """The build, with who and why as they are drafted."""
    return write_dockerfile(
        container=container,
        author=container.author,
        message=container.message,
        leave_out=paths_of(request, "leave_out"),
    )
