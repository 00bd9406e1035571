"""The page of an image's packages: what is installed, what was, and which step did it."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from layers.models import Image
from layers.oci.digest import Digest
from layers.oci.packages.cyclonedx import MEDIA_TYPE
from layers.queries.bill_of_materials import bill_of_materials
from layers.queries.packages import (
    InstalledPackage,
    LayerPackage,
    are_read,
    fold,
    notes_of,
    packages_by_layer,
)
from layers.queries.stack import stack
from layers.queries.tree import lineage_of
from layers.views import commands
from layers.views.images import get_image, heading
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.raw import SANDBOX
from layers.views.state import PAGE_ROWS, number, pages

VIEWS = ("installed", "removed", "changes")
Row = InstalledPackage | LayerPackage


@dataclass(frozen=True, slots=True)
class PackageState:
    """Which packages the page shows, as its URL says it."""

    view: str = "installed"
    layer: int | None = None
    """As the image is up to that layer; with ``changes`` what that one did. None for all of it."""
    type: str = ""
    text: str = ""
    offset: int = 0

    @classmethod
    def parse(cls, request: HttpRequest, top: int) -> Self:
        """The state that a request asks for; what makes no sense is as if it were not there."""
        get = request.GET
        layer = number(get.get("layer"), 0, max(top, 0), -1)
        return cls(
            view=get["view"] if get.get("view") in VIEWS else "installed",
            layer=None if layer < 0 else layer,
            type=get.get("type", "")[:16],
            text=get.get("q", "")[:200],
            offset=number(get.get("offset"), 0, 2**31, 0) // PAGE_ROWS * PAGE_ROWS,
        )

    def query(self, **changes: Any) -> str:
        """The query string of this state with ``changes``; what is as usual is left out."""
        state = replace(self, **changes)
        pairs = (
            ("view", state.view if state.view != "installed" else ""),
            ("layer", "" if state.layer is None else state.layer),
            ("type", state.type),
            ("q", state.text),
            ("offset", state.offset or ""),
        )
        return f"?{urlencode([(name, value) for name, value in pairs if value != ''])}"

    @property
    def is_filtered(self) -> bool:
        return bool(self.type or self.text)

    def narrow(self, rows: Iterable[Row]) -> list[Row]:
        """The rows that the filter lets through."""
        text = self.text.casefold()
        return [
            row
            for row in rows
            if self.type in ("", row.package.type)
            and (text in row.package.name.casefold() or text in row.package.version.casefold())
        ]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table, with the step that brought the package."""

    row: Row
    step: str


@require_safe
def image_packages(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """The packages of an image, filtered by kind, name and layer."""
    image = get_image(digest)
    top = image.image_layers.count() - 1
    state = PackageState.parse(request, top)
    context = heading(image, "packages") | {"state": state, "positions": range(top + 1)}
    is_ready = are_read(image)
    context |= {"is_ready": is_ready, "notes": notes_of(image)}
    context["commands"] = command_lines(context["name"], state)
    if is_ready:
        context |= listed(image, state)
    return render_page(
        request, "layers/image/packages.html", partial="layers/image/_packages.html", context=context
    )


def listed(image: Image, state: PackageState) -> dict[str, Any]:
    """A page of the rows, and how many there are of each kind."""
    changes = packages_by_layer(lineage_of(image, -1 if image.chain is None else image.chain.depth))
    found = fold(change for change in changes if state.layer is None or change.position <= state.layer)
    chosen = [change for change in changes if state.layer in (None, change.position)]
    rows: dict[str, Sequence[Row]] = {
        "installed": found.installed,
        "removed": found.removed,
        "changes": chosen,
    }
    narrowed = state.narrow(rows[state.view])
    steps = {row.position: f"{row.verb} {row.rest}".strip() for row in stack(image)}
    page = narrowed[state.offset : state.offset + PAGE_ROWS]
    return {
        "counts": [(view, len(rows[view])) for view in VIEWS],
        "types": sorted(Counter(row.package.type for row in rows[state.view]).items()),
        "total": len(rows[state.view]),
        "lines": [Line(row, steps.get(row.position, "")) for row in page],
        "has_licences": any(row.package.licence for row in page),
        "pages": pages(state.offset, PAGE_ROWS, len(narrowed)),
    }


def command_lines(name: str, state: PackageState) -> list[str]:
    """What prints the same."""
    words = [commands.PROGRAM, "packages", name]
    words += [] if state.layer is None else ["--layer", str(state.layer)]
    words += [] if state.view == "installed" else [f"--{state.view}"]
    return [" ".join(words)]


@require_safe
def packages_download(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """A CycloneDX bill of materials; with ``layer`` of the image up to there."""
    image = get_image(digest)
    top = image.image_layers.count() - 1
    layer = PackageState.parse(request, top).layer
    if not are_read(image):
        return HttpResponse(
            "The packages of this image are not read yet: try again in a moment.",
            status=503,
            content_type="text/plain",
            headers={"Retry-After": "5"},
        )
    body = json.dumps(bill_of_materials(image, layer), indent=2, ensure_ascii=False)
    response = HttpResponse(body, content_type=MEDIA_TYPE)
    name = f"{image.image_id.partition(':')[2][:12]}.cdx.json"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Security-Policy"] = SANDBOX
    return response
