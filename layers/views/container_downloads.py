"""Downloads of containers: the merged root filesystem, and directories of it."""

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from layers.operations.export_container import container_nodes
from layers.operations.export_tree import export_tree
from layers.views.containers import get_container
from layers.views.downloads import TAR, download, told
from layers.views.partials import HtmxHttpRequest
from layers.views.raw import file_name
from layers.views.state import path_of


@require_safe
@told
def container_export(request: HtmxHttpRequest, container_id: str) -> HttpResponseBase:
    """What ``docker export`` writes: the merged root filesystem as one tar."""
    container = get_container(container_id)
    return download(request, export_tree(container_nodes(container)), f"{container.name}.tar", TAR, None)


@require_safe
@told
def container_tree_download(request: HtmxHttpRequest, container_id: str) -> HttpResponseBase:
    """A directory as it is now, as a tar; without ``path`` the whole root filesystem."""
    container, path = get_container(container_id), path_of(request)
    nodes = container_nodes(container, path)
    name = file_name(path) if path else f"{container.name}-rootfs"
    return download(request, export_tree(nodes), f"{name}.tar", TAR, None)
