"""One path of a comparison: its contents side by side, and all else that is known of both."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import as_text
from layers.queries import sides
from layers.queries.compared_files import FileComparison, FileFilter, compare_files, row_between
from layers.queries.container_files import open_container_file
from layers.queries.container_tree import container_lookup
from layers.queries.files import open_entry
from layers.queries.tree import NoSuchPath, TreeRow, layer_of, lookup
from layers.templatetags.layers import filesize, mode, stamp, visible, xattr
from layers.views import commands
from layers.views.compare_state import CompareState
from layers.views.comparisons import Asked, Side, compare
from layers.views.container_files import container_raw_url
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.readers import BytesReader
from layers.views.state import LayerState


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a path on either side; nothing where it is not there."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


@require_safe
def compare_file(request: HtmxHttpRequest) -> HttpResponse:
    """A file on both sides of a comparison; 404 where neither has it."""
    state = CompareState.parse(request)
    try:
        a, b = sides.find_side(state.a), sides.find_side(state.b)
    except sides.REFUSALS as error:
        raise Http404(str(error)) from error
    before, after = row_at(a, state.path), row_at(b, state.path)
    if before is None and after is None:
        raise Http404(_("Neither side has a path /%(path)s.") % {"path": as_text(state.path)})
    context: dict[str, Any] = {
        "section": "compare",
        "state": state,
        "a": a,
        "b": b,
        "rows": (before, after),
        "facts": facts_of(before, after),
        "change": row_between(state.path, *(row and row.entry for row in (before, after))),
        "neighbours": found_so_far(a, b).neighbours(state.path),
        "below": f"{as_text(state.path)}/",
        "is_directory": all(row is None or row.entry.kind is Kind.DIRECTORY for row in (before, after)),
        "commands": commands.for_compared_file(a, b, state.path, before, after),
    }
    if not context["is_directory"]:
        contents = [content_of(a, before), content_of(b, after)]
        context["compare"] = compare(*contents, state.query(), Asked.parse(request))
    return render_page(
        request, "layers/compare/file.html", partial="layers/compare/_file.html", context=context
    )


def found_so_far(a: sides.Side, b: sides.Side) -> FileComparison:
    """The comparison, whole if it is small: a file's page does not wait for more."""
    files = compare_files(a, b)
    files.page(FileFilter(), limit=0)
    return files


def row_at(side: sides.Side, path: bytes) -> TreeRow | None:
    """What the side has at the path, no symlink followed."""
    try:
        if side.container is not None:
            return container_lookup(side.container, path)
        return lookup(side.image, side.position, path)
    except NoSuchPath:
        return None


def content_of(side: sides.Side, row: TreeRow | None) -> Side:
    """The content of a file, or what a symlink says."""
    if row is None:
        return Side(_("%(side)s: not there") % {"side": side.label})
    entry = row.entry
    if entry.kind is Kind.SYMLINK:
        return Side(_("%(side)s, a link") % {"side": side.label}, BytesReader(entry.linkname or b""))
    if entry.kind is not Kind.FILE:
        return Side(_("%(side)s, a %(type)s") % {"side": side.label, "type": entry.kind.word})
    if side.container is not None:
        reader = open_container_file(side.container, row.path)
        picture_url = f"{container_raw_url(side.container, row.path)}&as=image"
        return Side(side.label, reader, entry.sha256, picture_url)
    url = reverse("layers:image-raw", args=[side.image.image_id])
    query = LayerState(side.position, path=row.path).query()
    reader = open_entry(entry, layer_of(side.image, row.position))
    return Side(side.label, reader, entry.sha256, f"{url}{query}&as=image")


def facts_of(before: TreeRow | None, after: TreeRow | None) -> list[Fact]:
    """Every fact that either side has."""
    old, new = (facts(row.entry) if row else {} for row in (before, after))
    labels = [*old, *(label for label in new if label not in old)]
    return [Fact(label, old.get(label, ""), new.get(label, "")) for label in labels]


def facts(entry: Entry) -> dict[str, str]:
    """What is known of an entry, as it is shown."""
    extra = entry.extra
    found = {_("Type"): entry.kind.word, _("Mode"): f"{mode(entry)} {entry.mode:04o}"}
    found[_("Owner")] = f"{entry.uid}:{entry.gid}"
    if entry.kind is Kind.FILE:
        found[_("Size")] = (
            f"{filesize(entry.size)} ({entry.size} B)" if entry.size > 999 else f"{entry.size} B"
        )
    nanoseconds = f".{extra.mtime_ns:09}" if extra and extra.mtime_ns else ""
    found[_("Modified (UTC)")] = f"{stamp(entry.mtime) or entry.mtime}:{entry.mtime % 60:02}{nanoseconds}"
    if entry.linkname is not None:
        found[_("Link to")] = visible(entry.linkname)
    if entry.sha256:
        found["SHA-256"] = entry.sha256.hex()
    if extra and extra.rdev:
        found[_("Device")] = f"{extra.rdev[0]}, {extra.rdev[1]}"
    for name, value in extra.xattrs if extra else ():
        found[visible(name)] = visible(xattr(value))
    return found
