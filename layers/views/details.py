"""The pages about an image that are not its files: history and configuration."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from layers.oci.config import ImageConfig
from layers.oci.digest import Digest
from layers.oci.findings.cover import covered, covered_document
from layers.queries.documents import documents_of
from layers.queries.history import history
from layers.storage import open_blob
from layers.views import commands
from layers.views.images import get_image, heading
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.runtime import settings_of
from layers.views.textwork import Tokens, highlighted

DOCUMENT_SIZE = 256 * 1024
"""How much of a raw document is shown; the download is whole."""


@require_safe
def image_history(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """The steps that made an image, as ``docker history --no-trunc`` tells them."""
    image = get_image(digest)
    context = heading(image, "history")
    steps = history(image)
    context |= {
        "steps": steps,
        "largest": max((step.size for step in steps), default=0),
        "commands": [f"{tool} history --no-trunc {context['name']}" for tool in ("docker", commands.PROGRAM)],
    }
    return render_page(
        request, "layers/image/history.html", partial="layers/image/_history.html", context=context
    )


def document(digest: str, title: str) -> dict[str, Any]:
    """A raw JSON document of the blob store, indented for reading and highlighted, secrets covered."""
    with open_blob(digest) as file:
        raw = file.read(DOCUMENT_SIZE + 1)
    text = raw[:DOCUMENT_SIZE].decode("utf-8", "replace")
    if len(raw) <= DOCUMENT_SIZE:
        text, shown = indented(json.loads(raw)), indented(covered_document(json.loads(raw)))
    else:
        shown = covered(text)
    lines: list[Tokens] = highlighted(shown, "json")
    return {
        "title": title,
        "digest": digest,
        "lines": lines,
        "plain": text if shown != text else None,
        "is_cut": len(raw) > DOCUMENT_SIZE,
    }


def indented(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


@require_safe
def image_config(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """How a container of it would start, and the raw documents."""
    image = get_image(digest)
    context = heading(image, "config")
    with open_blob(image.config.digest) as file:
        config = ImageConfig.parse(file.read(), "config", settings.LIMITS)
    context |= {
        "settings": settings_of(config.runtime),
        "config": config,
        "documents": [document(blob.digest, title) for title, blob in documents_of(image)],
        "commands": [f"{tool} inspect {context['name']}" for tool in ("docker image", commands.PROGRAM)],
    }
    return render_page(
        request, "layers/image/config.html", partial="layers/image/_config.html", context=context
    )
