"""What the page of an image's bytes shows, as its URL says it."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self
from urllib.parse import quote_from_bytes, urlencode

from django.http import HttpRequest

from layers.queries.file_types import LABELS
from layers.views.state import number, path_of

VIEWS: Final = ("dir", "layer", "type")
LIST_ROWS: Final = 25
LISTS: Final = ("hidden", "largest", "identical", "duplicates", "packages")


@dataclass(frozen=True, slots=True)
class SpaceState:
    """Which bytes the picture and its table show, which list stands below, and what is asked to be tried."""

    by: str = "dir"
    layer: int | None = None
    """Only what this layer brought."""
    type: str = ""
    """Only files of this type."""
    path: bytes = b""
    """The directory that is open."""
    shown: str = "hidden"
    """Which list stands below."""
    offset: int = 0
    """Where the list begins."""
    first: int | None = None
    last: int | None = None
    """Layers to be taken as one."""
    without: str = ""
    """A pattern of paths to be left out."""

    @classmethod
    def parse(cls, request: HttpRequest, top: int) -> Self:
        """The state that a request asks for; what makes no sense is as if it were not there."""
        get = request.GET
        layer = number(get.get("layer"), 0, max(top, 0), -1)
        first, last = (number(get.get(name), 0, max(top, 0), -1) for name in ("from", "to"))
        return cls(
            by=get["by"] if get.get("by") in VIEWS else "dir",
            layer=None if layer < 0 else layer,
            type=get["type"] if get.get("type") in LABELS else "",
            path=path_of(request),
            shown=get["list"] if get.get("list") in LISTS else "hidden",
            offset=number(get.get("offset"), 0, 2**31, 0) // LIST_ROWS * LIST_ROWS,
            first=None if first < 0 or last < 0 else first,
            last=None if first < 0 or last < 0 else last,
            without=get.get("without", "")[:200].strip(),
        )

    def query(self, **changes: Any) -> str:
        """The query string of this state with ``changes``; what is as usual is left out."""
        state = replace(self, **changes)
        pairs = (
            ("by", state.by if state.by != "dir" else ""),
            ("layer", "" if state.layer is None else state.layer),
            ("type", state.type),
            ("list", state.shown if state.shown != "hidden" else ""),
            ("offset", state.offset or ""),
            ("from", "" if state.first is None else state.first),
            ("to", "" if state.last is None else state.last),
            ("without", state.without),
        )
        path = f"path={quote_from_bytes(state.path)}" if state.path else ""
        words = [urlencode([(name, value) for name, value in pairs if value != ""]), path]
        return "?" + "&".join(word for word in words if word)

    @property
    def is_inside(self) -> bool:
        """Whether a directory's content is shown, rather than the layers or the types there are."""
        return self.by == "dir" or self.layer is not None or bool(self.type)

    @property
    def parent(self) -> Self | None:
        """One step out; None at the outermost."""
        if self.path:
            return replace(self, path=self.path.rpartition(b"/")[0])
        if self.layer is not None or self.type:
            return replace(self, layer=None, type="")
        return None

    @property
    def crumbs(self) -> list[tuple[bytes, bytes]]:
        """Name and path of each directory down to ``path``."""
        parts = self.path.split(b"/") if self.path else []
        return [(part, b"/".join(parts[: depth + 1])) for depth, part in enumerate(parts)]
