"""The pages of a file: what it is at a layer, its bytes, and its life over the layers."""

from collections.abc import Sequence
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
from layers.queries.container_files import layer_holding
from layers.queries.files import EntryReader, open_entry
from layers.queries.history import Step
from layers.queries.life import steps_by_layer
from layers.queries.tree import NoSuchPath, lookup
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
    first: int | None = None
    """A layer below, whose version this one is compared with; ``None`` for the version before this."""

    @property
    def readable(self) -> int | None:
        """The layer to read it at: of what was deleted, the last that had it; None where none has."""
        if self.version is not None and self.version.entry is None:
            return self.previous.position if self.previous else None
        return self.layer if self.version is not None else None

    @property
    def base(self) -> Version | None:
        """What this version is held against."""
        return self.previous if self.first is None else in_force(self.life, self.first)

    @property
    def previous(self) -> Version | None:
        """The latest version with content before this one: what it replaced or deleted."""
        before = [v for v in self.life if v.entry and self.version and v.position < self.version.position]
        return before[-1] if before else None

    def source(self) -> tuple[bytes, Entry] | None:
        """Path and entry of the bytes to show: a link leads to what it names. ``None`` for no file."""
        entry = self.version.entry if self.version else None
        if self.version is None or entry is None:
            return None
        if entry.kind == Kind.FILE:
            return self.path, entry
        try:
            row = lookup(self.image, self.layer, self.path, follow=True)
        except (NoSuchPath, NotADirectoryError):
            return None
        return (row.path, row.entry) if row.entry.kind == Kind.FILE else None

    def reader(self, entry: Entry) -> EntryReader:
        """The bytes of an entry, which a link may have led to in a lower layer."""
        return open_entry(entry, layer_holding(self.image, entry.number))


def find_shown(request: HtmxHttpRequest, digest: Digest) -> Shown:
    """What the request names; 404 where no layer holds such a path."""
    image, path = get_image(digest), path_of(request)
    top = image.image_layers.count() - 1
    get = request.GET
    last = number(get.get("to") or get.get("layer"), 0, max(top, 0), max(top, 0))
    first, layer = sorted((number(get.get("from"), 0, max(top, 0), last), last))
    life = versions(image, path) if path else []
    return Shown(image, path, layer, top, life, in_force(life, layer), first if first < layer else None)


def in_force(life: Sequence[Version], layer: int) -> Version | None:
    """The version that is seen at a layer, a deletion too; ``None`` below the first."""
    return next((version for version in reversed(life) if version.position <= layer), None)


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
    if shown.path and not shown.life:
        return HttpResponseRedirect(file_url(digest, real_path(shown), shown.layer))
    entry = shown.version.entry if shown.version else None
    if not shown.path or (entry and entry.kind == Kind.DIRECTORY):
        state = LayerState(shown.layer, view="tree", path=shown.path)
        return HttpResponseRedirect(reverse("layers:image-detail", args=[digest]) + state.query())
    context = heading(shown.image, "layers") | content(request, shown)
    context |= {
        "shown": shown,
        "entry": entry,
        "state": state_of(shown),
        "timeline": timeline(shown, context["mode"]),
        "commands": commands.for_file(context["name"], shown.path, shown.readable, shown.top),
    }
    return render_page(request, "layers/file/detail.html", partial="layers/file/_file.html", context=context)


def content(request: HtmxHttpRequest, shown: Shown) -> dict[str, Any]:
    """What the content pane shows: the mode that was asked for, where the file has it."""
    found = shown.source()
    modes = ["diff"] if shown.first is not None or shown.previous else []
    if found is None:
        return {"modes": modes, "mode": "none"} | (
            difference(request, shown) if request.GET.get("as") == "diff" else {}
        )
    path, entry = found
    reader = shown.reader(entry)
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
    return Side(label, shown.reader(entry), entry.sha256, f"{url}{query}&as=image")


def difference(request: HtmxHttpRequest, shown: Shown) -> dict[str, Any]:
    """This version held against the one before it, or against any other."""
    before, after = side_of(shown, shown.base), side_of(shown, shown.version)
    query = mode_query(shown, "diff")
    return {"mode": "diff", "compare": compare(before, after, query, Asked.parse(request))}


def mode_query(shown: Shown, mode: str, **more: int) -> str:
    """The query string of a file's page in a mode."""
    return f"{state_of(shown).query()}&{urlencode({'as': mode, **more})}"


def state_of(shown: Shown) -> LayerState:
    return LayerState(shown.layer, shown.first, path=shown.path)


@dataclass(frozen=True, slots=True)
class Moment:
    """A version on the timeline."""

    version: Version
    step: Step | None
    query: str
    """What shows this version."""
    compare_query: str
    """What holds it against the chosen one; empty for that itself."""
    role: str
    """``from`` or ``to`` where it is one side of a comparison that is shown."""


def timeline(shown: Shown, mode: str) -> list[Moment]:
    """Every version, oldest first, with the step that made it and what leads to it."""
    steps = steps_by_layer(shown.image)
    return [moment(shown, mode, version, steps.get(version.position)) for version in shown.life]


def moment(shown: Shown, mode: str, version: Version, step: Step | None) -> Moment:
    own = LayerState(version.position, path=shown.path).query()
    first, last = sorted((version.position, shown.layer))
    pair = LayerState(last, first, path=shown.path).query() if first < last else ""
    sides = {"from": shown.base, "to": shown.version} if mode == "diff" else {}
    role = next((role for role, side in sides.items() if side == version), "")
    return Moment(version, step, own, f"{pair}&as=diff" if version != shown.version and pair else "", role)
