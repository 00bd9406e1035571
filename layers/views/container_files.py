"""A file of a container in the middle of its workspace."""

from typing import Any

from layers.models import Container
from layers.queries.container_files import open_container_file
from layers.queries.tree import NoSuchPath
from layers.views import texts
from layers.views.content import as_hex, as_text
from layers.views.partials import HtmxHttpRequest
from layers.views.state import number


def file_context(request: HtmxHttpRequest, container: Container, path: bytes) -> dict[str, Any]:
    """What ``layers/container/_file.html`` shows of a path that is no directory."""
    try:
        reader = open_container_file(container, path, follow=True)
    except (NoSuchPath, ValueError):
        return {"mode": "none"}
    offset = number(request.GET.get("offset"), 0, reader.size, 0)
    is_text = texts.is_text(reader.read(0, texts.HIGHLIGHT_SIZE))
    shown = as_text(reader, path, offset) if is_text else as_hex(reader, path, offset)
    return {"mode": "text" if is_text else "hex", "size": reader.size} | shown
