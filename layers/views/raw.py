"""The bytes of a file as they are: downloaded, never opened as a page of ours."""

import unicodedata
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from layers.oci.digest import Digest
from layers.views import pictures
from layers.views.files import find_shown
from layers.views.partials import HtmxHttpRequest
from layers.views.readers import Reader

BYTES = "application/octet-stream"
SANDBOX = "sandbox; default-src 'none'"


async def in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks, each read in a thread; under ASGI a plain iterator would be held in memory whole."""
    while (chunk := await sync_to_async(next)(chunks, None)) is not None:
        yield chunk


def streamed(request: HttpRequest, chunks: Iterator[bytes]) -> HttpResponseBase:
    """An answer that is never in memory whole, on either kind of server."""
    return StreamingHttpResponse(in_threads(chunks) if isinstance(request, ASGIRequest) else chunks)


def file_name(path: bytes) -> str:
    """The last part of a path as a name that a file of the person's own may have."""
    text = path.rpartition(b"/")[2].decode("utf-8", "replace")
    return "".join(c for c in text if unicodedata.category(c)[0] != "C" and c not in '"\\/') or "file"


@require_safe
def image_raw(request: HtmxHttpRequest, digest: Digest) -> HttpResponseBase:
    """The file as an attachment; with ``as=image`` a picture that a page shows."""
    shown = find_shown(request, digest)
    found = shown.source()
    if found is None:
        raise Http404("There is no such file at this layer.")
    path, entry = found
    return raw(request, shown.reader(entry), path)


def raw(request: HttpRequest, reader: Reader, path: bytes) -> HttpResponseBase:
    """The bytes, in a sandbox, as an attachment; a picture, where ``as=image`` asks for one, as such."""
    picture = None
    if request.GET.get("as") == "image":
        picture = pictures.recognise(reader.read(0, pictures.HEAD_SIZE), reader.size)
    response = HttpResponse() if request.method == "HEAD" else streamed(request, reader.chunks())
    response["Content-Type"] = picture.media_type if picture else BYTES
    response["Content-Length"] = str(reader.size)
    response["Content-Disposition"] = (
        content_disposition_header(picture is None, file_name(path)) or "attachment"
    )
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    return response
