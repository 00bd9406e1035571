"""The Dockerfile of a container's changes, and the context to build it in."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from layers.models import Container
from layers.operations.write_dockerfile import DockerfileBuild, write_dockerfile
from layers.views.commands import PROGRAM, word
from layers.views.containers import get_container, heading
from layers.views.downloads import TAR, download, told
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.state import paths_of
from layers.views.textwork import highlighted


@require_safe
@told
def container_dockerfile(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """What was changed, as a build to read and repeat; each ``leave_out`` is a path that is not in it."""
    container = get_container(container_id)
    build, left_out = build_of(request, container), paths_of(request, "leave_out")
    ours = " ".join(
        [f"{PROGRAM} dockerfile", *(f"--leave-out {word(path)}" for path in left_out), container.name]
    )
    context = heading(container, "dockerfile") | {
        "build": build,
        "lines": highlighted(build.dockerfile.rstrip("\n"), "docker"),
        "left_out": left_out,
        "query": request.META.get("QUERY_STRING", "") if left_out else "",
        "commands": [ours, f"{ours} --output - | docker build -t NAME -"],
    }
    return render_page(
        request,
        "layers/commit/dockerfile.html",
        partial="layers/commit/_dockerfile.html",
        context=context,
    )


@require_safe
@told
def container_context(request: HtmxHttpRequest, container_id: str) -> HttpResponseBase:
    """Dockerfile and files as one tar, as ``docker build -`` takes it."""
    container = get_container(container_id)
    build = build_of(request, container)
    return download(request, build.context(), f"{container.name}-context.tar", TAR, None)


def build_of(request: HttpRequest, container: Container) -> DockerfileBuild:
    """The build, with who and why as they are drafted."""
    return write_dockerfile(
        container=container,
        author=container.author,
        message=container.message,
        leave_out=paths_of(request, "leave_out"),
    )
