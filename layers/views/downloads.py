"""Downloads: whole images, stored layers, directories; sent as they are read, never in memory whole."""

from collections.abc import Iterator
from functools import wraps
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from layers.models import Blob, Image
from layers.oci.changeset.chunks import gathered
from layers.oci.digest import Digest
from layers.oci.errors import DigestMismatch, EditRefused
from layers.oci.reference import Reference
from layers.operations.export_tree import export_tree, image_nodes
from layers.operations.save_images import ArchiveFormat, Chosen, archive_of
from layers.queries.documents import documents_of
from layers.queries.files import ContentMissing
from layers.queries.images import AmbiguousImage, ImageNotFound, short_id
from layers.queries.positions import NoSuchLayer
from layers.queries.selection import select_images
from layers.queries.stored import check_stored, read_stored
from layers.queries.tree import NoSuchPath
from layers.views.images import get_image
from layers.views.partials import HtmxHttpRequest
from layers.views.raw import BYTES, SANDBOX, file_name, streamed
from layers.views.state import number, path_of

TAR: Final = "application/x-tar"
JSON: Final = "application/json"
NOT_THERE: Final = (
    *(ImageNotFound, AmbiguousImage, NoSuchPath, NotADirectoryError, ContentMissing),
    NoSuchLayer,
    EditRefused,
)
"""The last: a symlink that leads in circles."""
SUFFIXES: Final = {"plain": ".tar", "gzip": ".tar.gz", "zstd": ".tar.zst"}


def told(view: Any) -> Any:
    """What cannot be sent is said instead, before a byte is: 404, or 500 for a damaged store."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NOT_THERE as error:
            raise Http404(str(error)) from error
        except DigestMismatch as error:
            return HttpResponse(str(error), status=500, content_type="text/plain; charset=utf-8")

    return answer


def download(
    request: HttpRequest, chunks: Iterator[bytes], name: str, content_type: str, size: int | None
) -> HttpResponseBase:
    """The chunks as a file; where one fails the connection breaks off: no browser takes it for whole."""
    response = HttpResponse() if request.method == "HEAD" else streamed(request, gathered(chunks))
    response["Content-Type"] = content_type
    if size is not None:
        response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@told
def image_save(request: HtmxHttpRequest, digest: Digest) -> HttpResponseBase:
    """An image with all its names, as ``docker save`` writes it; with ``format=oci`` as an image layout."""
    image = get_image(digest)
    names = tuple(Reference.parse(str(row)) for row in image.references.order_by("repository", "tag"))
    return saved(request, [(image, names)])


@require_safe
@told
def images_save(request: HtmxHttpRequest) -> HttpResponseBase:
    """Several images in one archive: each ``image`` is a name or an ID, as ``save`` takes them."""
    chosen = select_images(request.GET.getlist("image"))
    if not chosen:
        raise Http404("No image was asked for.")
    return saved(request, chosen)


def saved(request: HttpRequest, chosen: Chosen) -> HttpResponseBase:
    format: ArchiveFormat = "oci" if request.GET.get("format") == "oci" else "docker"
    archive = archive_of(chosen, format=format)
    return download(request, archive.chunks(), archive_name(chosen), TAR, archive.size)


def archive_name(chosen: Chosen) -> str:
    """After the first name, or the ID, of the one image: ``nginx_v2.tar``."""
    if len(chosen) > 1:
        return "images.tar"
    image, names = chosen[0]
    text = names[0].familiar if names else short_id(image)
    return text.replace("/", "_").replace(":", "_") + ".tar"


@require_safe
@told
def layer_download(request: HtmxHttpRequest, digest: Digest, position: int) -> HttpResponseBase:
    """A layer as it is stored, byte for byte."""
    rows = get_image(digest).image_layers.select_related("stored__blob")
    stored = get_object_or_404(rows, position=position).stored
    blob: Blob = stored.blob
    check_stored(blob)
    name = blob.digest.partition(":")[2] + SUFFIXES[stored.compression]
    return download(request, read_stored(blob), name, BYTES, blob.size)


@require_safe
@told
def document_download(request: HtmxHttpRequest, digest: Digest, named: Digest) -> HttpResponseBase:
    """The config, a manifest or an index of an image, byte for byte: its digest is that of what is sent."""
    documents = {blob.digest: (title, blob) for title, blob in documents_of(get_image(digest))}
    if named not in documents:
        raise Http404("The image has no document of that digest.")
    title, blob = documents[named]
    check_stored(blob)
    return download(request, read_stored(blob), f"{title}-{named.hex[:12]}.json", JSON, blob.size)


@require_safe
@told
def tree_download(request: HtmxHttpRequest, digest: Digest) -> HttpResponseBase:
    """A directory as it is at a layer, as a tar; without ``path`` the whole root filesystem."""
    image, path = get_image(digest), path_of(request)
    top = image.image_layers.count() - 1
    layer = number(request.GET.get("layer"), 0, max(top, 0), max(top, 0))
    nodes = image_nodes(image, layer, path)
    return download(request, export_tree(nodes), tree_name(image, path), TAR, None)


def tree_name(image: Image, path: bytes) -> str:
    return (file_name(path) if path else f"{short_id(image)}-rootfs") + ".tar"
