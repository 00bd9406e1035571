"""One box for everything in the library, and the images that hold one path."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from layers.pathindex.pattern import LONGEST
from layers.queries.search import KINDS, Found, find, occurrences
from layers.views import commands
from layers.views.partials import HtmxHttpRequest, render_page, wants_partial
from layers.views.state import number, path_of

GROUP_ROWS = 6
"""Of each kind, where all kinds are shown."""
PAGE_ROWS = 40
SLOW = ("paths",)
"""Kinds that come a moment later where a script waits for them."""


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of result, as the page shows it."""

    kind: str
    found: Found | None
    """None for one that the page asks for by itself."""
    text: str
    is_alone: bool

    @property
    def url(self) -> str:
        """All of this kind."""
        return f"{reverse('layers:search')}?{urlencode({'q': self.text, 'kind': self.kind})}"

    @property
    def next_url(self) -> str:
        """The next page; empty on the last."""
        return f"{self.url}&{urlencode({'after': self.found.next})}" if self.found and self.found.next else ""

    @property
    def part_url(self) -> str:
        """This group alone, to be put in its place."""
        return f"{self.url}&group=1"


@require_safe
def search(request: HtmxHttpRequest) -> HttpResponse:
    """What the library has of a text: of each kind some, or one kind in pages."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    if kind and "group" in request.GET and wants_partial(request):
        context = {"group": group_of(kind, text, limit=GROUP_ROWS), "text": text}
        return render_page(
            request, "layers/search/page.html", partial="layers/search/_group.html", context=context
        )
    waits = wants_partial(request) and not kind and bool(text)
    context = {
        "section": "search",
        "is_live": True,
        "text": text,
        "kind": kind,
        "groups": groups_of(kind, text, request.GET.get("after", ""), waits),
        "commands": commands.for_search(text) if text else [],
    }
    return render_page(
        request, "layers/search/page.html", partial="layers/search/_results.html", context=context
    )


def groups_of(kind: str, text: str, after: str, waits: bool) -> list[Group]:
    """One kind, or all that have something; ``waits`` leaves the slow ones for later."""
    if not text:
        return []
    if kind:
        return [group_of(kind, text, after=after, limit=PAGE_ROWS, is_alone=True)]
    groups = [
        Group(each, None, text, False) if waits and each in SLOW else group_of(each, text, limit=GROUP_ROWS)
        for each in KINDS
    ]
    return [group for group in groups if group.found is None or group.found.hits or group.found.lacking]


def group_of(kind: str, text: str, *, after: str = "", limit: int, is_alone: bool = False) -> Group:
    return Group(kind, find(kind, text, after=after, limit=limit), text, is_alone)


@require_safe
def search_path(request: HtmxHttpRequest) -> HttpResponse:
    """Every image that holds exactly one path, and what became of it there."""
    path = path_of(request)
    before = number(request.GET.get("before"), 0, 2**62, 0) or None
    found, last = occurrences(path, before=before, limit=PAGE_ROWS)
    context: dict[str, Any] = {"section": "search", "path": path, "found": found, "text": ""}
    context["next_url"] = f"?path={quote(path)}&before={last}" if last else ""
    return render_page(
        request,
        "layers/search/path.html",
        partial="layers/search/_sightings.html",
        context=context,
        status=200 if found else 404,
    )
