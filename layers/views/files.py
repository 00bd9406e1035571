"""The pages of a file: what it is at a layer, its bytes, and its life over the layers."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from layers.models import Image
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.digest import Digest
from layers.queries.files import EntryReader, open_entry
from layers.queries.tree import NoSuchPath, layer_of, lookup
from layers.queries.versions import Version, versions
from layers.views import commands, pictures, texts
from layers.views.comparisons import Asked, Side, compare
from layers.views.content import MODES
from layers.views.images import get_image, heading
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.readers import BytesReader
from layers.views.state import LayerState, number, path_of


@dataclass(frozen=True, slots=True)
class Shown:
    """One path of an image as it is at a layer."""

    image: Image
    path: bytes
    layer: int
    top: int
    life: list[Version]
    """Every version of the path, oldest first."""
    version: Version | None
    """The one in force at ``layer``; ``None`` below the first."""

    @property
    def previous(self) -> Version | None:
        """The latest version with content before this one: what it replaced or deleted."""
        before = [v for v in self.life if v.entry and self.version and v.position < self.version.position]
        return before[-1] if before else None

    def source(self) -> tuple[bytes, int, Entry] | None:
        """Path, layer and entry of the bytes to show: a link leads to what it names. ``None`` for no file."""
        entry = self.version.entry if self.version else None
        if self.version is None or entry is None:
            return None
        if entry.kind == Kind.FILE:
            return self.path, self.version.position, entry
        try:
            row = lookup(self.image, self.layer, self.path, follow=True)
        except (NoSuchPath, NotADirectoryError):
            return None
        return (row.path, row.position, row.entry) if row.entry.kind == Kind.FILE else None

    def reader(self, position: int, entry: Entry) -> EntryReader:
        return open_entry(entry, layer_of(self.image, position))


def find_shown(request: HtmxHttpRequest, digest: Digest) -> Shown:
    """What the request names; 404 where no layer holds such a path."""
    image, path = get_image(digest), path_of(request)
    top = image.image_layers.count() - 1
    layer = number(request.GET.get("layer"), 0, max(top, 0), max(top, 0))
    life = versions(image, path) if path else []
    force = [version for version in life if version.position <= layer]
    return Shown(image, path, layer, top, life, force[-1] if force else None)


def real_path(shown: Shown) -> bytes:
    """Where the path leads through linked directories; 404 where it leads nowhere."""
    try:
        return lookup(shown.image, shown.layer, shown.path, follow=True).path
    except (NoSuchPath, NotADirectoryError) as error:
        raise Http404(str(error)) from error


def file_url(digest: Digest, path: bytes, layer: int) -> str:
    query = LayerState(layer, path=path).query()
    return reverse("layers:image-file", args=[digest]) + query


@require_safe
def image_file(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """A file at a layer: as text, hex, picture or difference, with its metadata and its life."""
    shown = find_shown(request, digest)
    if not shown.life:
        return HttpResponseRedirect(file_url(digest, real_path(shown), shown.layer))
    entry = shown.version.entry if shown.version else None
    if entry and entry.kind == Kind.DIRECTORY:
        state = LayerState(shown.layer, view="tree", path=shown.path)
        return HttpResponseRedirect(reverse("layers:image-detail", args=[digest]) + state.query())
    context = heading(shown.image, "layers") | {
        "shown": shown,
        "entry": entry,
        "state": LayerState(shown.layer, path=shown.path),
        "commands": commands.for_file(heading(shown.image, "")["name"], shown.path, shown.layer, shown.top),
    }
    context |= content(request, shown)
    return render_page(request, "layers/file/detail.html", partial="layers/file/_file.html", context=context)


def content(request: HtmxHttpRequest, shown: Shown) -> dict[str, Any]:
    """What the content pane shows: the mode that was asked for, where the file has it."""
    found = shown.source()
    modes = ["diff"] if shown.previous and shown.previous.entry else []
    if found is None:
        return {"modes": modes, "mode": "none"} | (
            difference(request, shown) if request.GET.get("as") == "diff" else {}
        )
    path, position, entry = found
    reader = shown.reader(position, entry)
    head = reader.read(0, pictures.HEAD_SIZE)
    picture = pictures.recognise(head, reader.size)
    text = texts.is_text(head)
    modes = ["image"] * bool(picture) + ["text"] * text + ["hex"] + modes
    asked = request.GET.get("as", "")
    mode = asked if asked in modes else modes[0]
    offset = number(request.GET.get("offset"), 0, reader.size, 0)
    context = {"modes": modes, "mode": mode, "picture": picture, "source_path": path, "size": reader.size}
    return context | (difference(request, shown) if mode == "diff" else MODES[mode](reader, path, offset))


def side_of(shown: Shown, version: Version | None) -> Side:
    """A version as one side of a comparison; a link is compared by what it says."""
    entry = version.entry if version else None
    if version is None or entry is None:
        return Side(_("not there"))
    label = _("layer %(n)d") % {"n": version.position}
    if entry.kind == Kind.SYMLINK:
        return Side(_("%(label)s, a link") % {"label": label}, BytesReader(entry.linkname or b""))
    if entry.kind != Kind.FILE:
        return Side(label)
    url = reverse("layers:image-raw", args=[shown.image.image_id])
    query = LayerState(version.position, path=shown.path).query()
    return Side(label, shown.reader(version.position, entry), entry.sha256, f"{url}{query}&as=image")


def difference(request: HtmxHttpRequest, shown: Shown) -> dict[str, Any]:
    """This version held against the one before it."""
    before, after = side_of(shown, shown.previous), side_of(shown, shown.version)
    query = mode_query(shown, "diff")
    return {"mode": "diff", "compare": compare(before, after, query, Asked.parse(request))}


def mode_query(shown: Shown, mode: str, **more: int) -> str:
    """The query string of a file's page in a mode."""
    query = LayerState(shown.layer, path=shown.path).query()
    return f"{query}&{urlencode({'as': mode, **more})}"
