"""The page of the Dockerfile that an image may have been built from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from layers.oci.digest import Digest
from layers.oci.findings.cover import covered
from layers.oci.rebuilt import SYNTAX, RebuiltDockerfile, RebuiltLine
from layers.queries.rebuilt import rebuilt_dockerfile
from layers.views import commands
from layers.views.images import get_image, heading
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.raw import SANDBOX
from layers.views.textwork import Tokens, highlighted

HIGHLIGHT_SIZE = 128 * 1024
"""Characters up to which the text is coloured."""


@dataclass(frozen=True, slots=True)
class Block:
    """A line of the Dockerfile as it is shown: what it is, and its text in colours."""

    line: RebuiltLine
    tokens: Sequence[Tokens]


@require_safe
def image_dockerfile(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """The Dockerfile, each guessed line marked."""
    image = get_image(digest)
    rebuilt = rebuilt_dockerfile(image)
    context: dict[str, Any] = heading(image, "history") | {
        "rebuilt": rebuilt,
        "blocks": list(blocks(rebuilt)),
        "needs_buildkit": rebuilt.text.startswith(SYNTAX),
    }
    context["commands"] = [f"{commands.PROGRAM} dockerfile {context['name']}"]
    return render_page(
        request, "layers/image/dockerfile.html", partial="layers/image/_dockerfile.html", context=context
    )


def blocks(rebuilt: RebuiltDockerfile) -> Iterator[Block]:
    """Each line with its text in colours, where there is not too much of it; secrets are covered."""
    texts = [covered(line.text) for line in rebuilt.lines]
    text = "\n".join(texts)
    language = "docker" if len(text) <= HIGHLIGHT_SIZE else ""
    coloured = highlighted(text, language)
    at = 0
    for line, shown in zip(rebuilt.lines, texts, strict=True):
        count = shown.count("\n") + 1
        yield Block(line, coloured[at : at + count])
        at += count


@require_safe
def dockerfile_download(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """The same as a file."""
    rebuilt = rebuilt_dockerfile(get_image(digest))
    response = HttpResponse(rebuilt.text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, "Dockerfile") or "attachment"
    response["Content-Security-Policy"] = SANDBOX
    return response
