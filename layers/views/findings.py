"""The page of findings: secrets and other things to know of, no value of which is shown unless asked for."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from layers.models import Image
from layers.oci.digest import Digest
from layers.queries.findings import (
    CERTIFICATE,
    KINDS,
    SECRETS,
    FindingRow,
    are_searched,
    file_findings,
    search_notes,
    searched_size,
    value_of,
)
from layers.queries.told_findings import told_findings, told_value
from layers.views import commands
from layers.views.images import get_image, heading
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.state import PAGE_ROWS, number, pages

KEY: Final = re.compile(r"\d{1,18}|(?:env|label|history)-\d{1,9}(?:-(?:by|comment))?(?:-\d{1,4})?", re.ASCII)
STATES: Final = ("all", "visible", "hidden")


@dataclass(frozen=True, slots=True)
class FindingState:
    """Which findings the page shows, and whose value, as its URL says it."""

    kind: str = ""
    """One of ``KINDS``, ``secrets`` for all secrets, or nothing for everything."""
    shown: str = "all"
    """``visible`` in the image, ``hidden`` by a later layer, or ``all``."""
    offset: int = 0
    show: str = ""
    """The key of the finding whose value is asked for."""

    @classmethod
    def parse(cls, request: HttpRequest) -> Self:
        """The state that a request asks for; what makes no sense is as if it were not there."""
        get = request.GET
        return cls(
            kind=get["kind"] if get.get("kind") in (*KINDS, "secrets") else "",
            shown=get["shown"] if get.get("shown") in STATES else "all",
            offset=number(get.get("offset"), 0, 2**31, 0) // PAGE_ROWS * PAGE_ROWS,
            show=get["show"] if KEY.fullmatch(get.get("show", "")) else "",
        )

    def query(self, **changes: Any) -> str:
        """The query string of this state with ``changes``; what is as usual is left out."""
        state = replace(self, **changes)
        values = (("kind", state.kind), ("shown", state.shown if state.shown != "all" else ""))
        values += (("offset", str(state.offset or "")), ("show", state.show))
        return f"?{urlencode([(name, value) for name, value in values if value])}"

    def takes(self, row: FindingRow) -> bool:
        """Whether the filter lets a row through."""
        if self.kind and row.kind != self.kind and not (self.kind == "secrets" and row.kind in SECRETS):
            return False
        return self.shown == "all" or row.is_visible == (self.shown == "visible")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table; ``value`` only where it was asked for."""

    row: FindingRow
    value: str | None
    expired: int
    """Certificates that have ended by now."""
    ends: datetime | None
    """When the first of those that have not ends, else when the last one did."""


@require_safe
def image_findings(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """What was found in an image, its layers, its variables and its history."""
    image = get_image(digest)
    state = FindingState.parse(request)
    is_ready = are_searched(image)
    context = heading(image, "findings") | {"state": state, "is_ready": is_ready}
    context["commands"] = [f"{commands.PROGRAM} findings {context['name']}"]
    if is_ready:
        context |= listed(image, state)
    response = render_page(
        request, "layers/image/findings.html", partial="layers/image/_findings.html", context=context
    )
    if state.show:
        response["Cache-Control"] = "no-store"
    return response


def listed(image: Image, state: FindingState) -> dict[str, Any]:
    """A page of the findings, how many there are of each kind, and what was not searched."""
    rows = sorted([*told_findings(image), *file_findings(image)], key=lambda row: KINDS.index(row.kind))
    chosen = [row for row in rows if state.takes(row)]
    page = chosen[state.offset : state.offset + PAGE_ROWS]
    counts = Counter(row.kind for row in rows)
    files, size = searched_size(image)
    return {
        "lines": lines(image, page, state.show),
        "pages": pages(state.offset, PAGE_ROWS, len(chosen)),
        "kinds": [(kind, counts[kind]) for kind in KINDS if counts[kind]],
        "secret_count": sum(counts[kind] for kind in SECRETS),
        "total": len(rows),
        "hidden_count": sum(not row.is_visible for row in rows if row.kind in SECRETS),
        "notes": search_notes(image),
        "file_count": files,
        "byte_count": size,
    }


def lines(image: Image, rows: Sequence[FindingRow], show: str) -> list[Line]:
    """The rows as they are shown."""
    now = timezone.now().timestamp()
    found = []
    for row in rows:
        times = row.detail.get("expires", []) if row.kind == CERTIFICATE else []
        value = shown_value(image, row) if row.has_value and row.key == show else None
        found.append(Line(row, value, sum(time <= now for time in times), next_end(times, now)))
    return found


def next_end(times: Sequence[int], now: float) -> datetime | None:
    """The next of these moments, else the last one; None where there is none that a calendar knows."""
    ahead = [time for time in times if time > now]
    try:
        return datetime.fromtimestamp(min(ahead) if ahead else max(times), UTC) if times else None
    except (OverflowError, OSError, ValueError):
        return None


def shown_value(image: Image, row: FindingRow) -> str:
    """The secret itself, read where it is."""
    if row.source != "file":
        return told_value(image, row.key) or ""
    value = value_of(image, row.key)
    return "" if value is None else value.decode("utf-8", "replace")
