"""A file of a container in the middle of its workspace: edited, looked at, or held against the image's."""

from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from layers.models import Container
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.errors import EditRefused
from layers.oci.unionfs.upper import Upper, UpperEntry
from layers.queries.access import may_change
from layers.queries.container_files import open_container_file, open_content
from layers.queries.tree import NoSuchPath
from layers.queries.uppers import open_upper
from layers.views import pictures, texts
from layers.views.comparisons import Asked, Comparison, Side, compare
from layers.views.containers import get_container
from layers.views.content import MODES
from layers.views.editing import Editor, editor_of
from layers.views.encodings import ENCODINGS, Encoding
from layers.views.partials import HtmxHttpRequest
from layers.views.pictures import Picture
from layers.views.raw import raw
from layers.views.readers import BytesReader, Reader
from layers.views.state import number, path_of
from layers.views.textfiles import EDIT_SIZE
from layers.views.workspace_state import WorkspaceState


@dataclass(frozen=True, slots=True)
class FilePane:
    """What can be shown of a path that is no directory."""

    path: bytes
    entry: Entry | None
    real: bytes
    """Where a symlink leads; else the path itself."""
    target: Entry | None
    """What is there; ``None`` for nothing."""
    reader: Reader | None = None
    """The content, if that is a file."""
    picture: Picture | None = None
    editor: Editor | None = None
    note: str = ""
    """Why it is not edited, where one might expect that."""
    modes: list[str] = field(default_factory=list)
    may_edit: bool = False
    """Whether it may be given another content here: by who looks at it, and not through a link."""

    @property
    def size(self) -> int | None:
        return self.reader.size if self.reader else None

    @property
    def encodings(self) -> list[Encoding]:
        """Those in which a file that looks like no text may be read as one all the same."""
        is_short = self.size is not None and self.size <= EDIT_SIZE
        return list(ENCODINGS.values()) if self.may_edit and is_short and not self.picture else []


def file_context(request: HttpRequest, container: Container, path: bytes) -> dict[str, Any]:
    """What ``layers/container/_file.html`` shows of a path that is no directory."""
    pane = pane_of(container, path, ENCODINGS.get(request.GET.get("encoding", "")))
    asked = request.GET.get("as", "")
    mode = asked if asked in pane.modes else pane.modes[0] if pane.modes else "none"
    context: dict[str, Any] = {"pane": pane, "mode": mode, "size": pane.size, "editor": pane.editor}
    if mode == "diff":
        return context | {"compare": from_image(request, container, path)}
    if pane.reader is None or mode not in MODES:
        return context
    offset = number(request.GET.get("offset"), 0, pane.reader.size, 0)
    return context | MODES[mode](pane.reader, pane.real, offset)


def pane_of(container: Container, path: bytes, encoding: Encoding | None = None) -> FilePane:
    """The forms that a path has; its text is read in ``encoding``, or in the one it seems to have."""
    upper = open_upper(container)
    entry = upper.at(path)
    if entry is None:
        raise Http404(_("There is no such file."))
    real = path if entry.kind is not Kind.SYMLINK else led_to(upper, path)
    target = upper.at(real) if real else None
    modes = ["diff"] if upper.own(path) is not None and upper.image_at(path) is not None else []
    if target is None or target.kind is not Kind.FILE:
        return FilePane(path, entry, real, target, modes=modes)
    reader = open_container_file(container, real)
    picture = pictures.recognise(reader.read(0, pictures.HEAD_SIZE), reader.size)
    is_text = texts.is_text(reader.read(0, texts.PROBE_SIZE))
    may_edit = real == path and may_change(container)
    editor, note = text_of(path, reader, encoding, is_text) if may_edit else (None, "")
    modes = (
        ["image"] * bool(picture)
        + ["edit"] * bool(editor)
        + ["text"] * (is_text and editor is None)
        + ["hex"]
        + modes
    )
    return FilePane(path, entry, real, target, reader, picture, editor, note, modes, may_edit)


def led_to(upper: Upper, path: bytes) -> bytes:
    """Where a symlink leads; nowhere for one that leads in circles."""
    try:
        return upper.real(path, follow=True)
    except EditRefused:
        return b""


def text_of(
    path: bytes, reader: Reader, encoding: Encoding | None, is_text: bool
) -> tuple[Editor | None, str]:
    """An editor for a file that is text and not too long; else, for a text, why there is none."""
    if not is_text and encoding is None:
        return None, ""
    if reader.size > EDIT_SIZE:
        return None, _("More than 1 MiB is not edited here: download it, and upload it changed in its place.")
    data = reader.read(0, EDIT_SIZE)
    editor = editor_of(path, data, encoding)
    if editor is None and encoding is not None:
        note = _("This file is no %(name)s: it would not come back as it is.")
        return editor_of(path, data), note % {"name": encoding.name}
    return editor, "" if editor else _("This text is only shown: some bytes of it would not come back.")


# --- against the image ------------------------------------------------------------------


def from_image(request: HttpRequest, container: Container, path: bytes) -> Comparison:
    """What the container has at a path held against what its image has there."""
    upper = open_upper(container)
    own = upper.own(path)
    after = side_of(container, _("this container"), own, container_raw_url(container, path))
    lower = side_of(container, _("the image"), upper.image_at(path), image_raw_url(container, path))
    query = f"{WorkspaceState(path=path).query()}&as=diff"
    return compare(lower, after, query, Asked.parse(request))


def side_of(container: Container, label: str, entry: Entry | UpperEntry | None, url: str) -> Side:
    """What is at a path as one side of a comparison; a link is compared by what it says."""
    if entry is None or entry.kind is Kind.WHITEOUT:
        return Side(_("not there"))
    if entry.kind is Kind.SYMLINK:
        return Side(_("%(label)s, a link") % {"label": label}, BytesReader(entry.linkname or b""))
    if entry.kind is not Kind.FILE:
        return Side(f"{label}, {entry.kind.word}")
    return Side(label, open_content(container.image, entry), entry.sha256, f"{url}&as=image")


def container_raw_url(container: Container, path: bytes) -> str:
    url = reverse("layers:container-raw", args=[container.container_id])
    return url + WorkspaceState(path=path).query()


def image_raw_url(container: Container, path: bytes) -> str:
    url = reverse("layers:image-raw", args=[container.image.image_id])
    return url + WorkspaceState(path=path).query()


@require_safe
def container_raw(request: HtmxHttpRequest, container_id: str) -> HttpResponseBase:
    """A file of the container as an attachment; with ``as=image`` a picture that a page shows."""
    container, path = get_container(container_id), path_of(request)
    try:
        reader = open_container_file(container, path, follow=True)
    except (NoSuchPath, EditRefused, ValueError) as error:
        raise Http404(str(error)) from error
    return raw(request, reader, path)
