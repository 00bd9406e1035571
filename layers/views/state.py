"""What the pane of a layer shows, as its URL says it: a value, there and back."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlencode

from django.http import HttpRequest, QueryDict

VIEWS = ("changes", "outline", "tree")
SORTS = ("path", "size")
KINDS = "ACD"
PAGE_ROWS = 100


def path_of(request: HttpRequest) -> bytes:
    """The ``path`` parameter, byte for byte; Django's own parser would decode it as text."""
    for part in request.META.get("QUERY_STRING", "").split("&"):
        name, _, value = part.partition("=")
        if name == "path":
            return unquote_to_bytes(value.replace("+", " ")).strip(b"/")
    return b""


def paths_of(request: HttpRequest, field: str) -> list[bytes]:
    """Every parameter of that name, byte for byte, each once."""
    parts = (part.partition("=") for part in request.META.get("QUERY_STRING", "").split("&"))
    values = [value for name, _, value in parts if name == field]
    return list(dict.fromkeys(unquote_to_bytes(value.replace("+", " ")).strip(b"/") for value in values))


def number(text: str | None, low: int, high: int, default: int) -> int:
    """``text`` as a number brought within bounds; ``default`` where it is none."""
    if text and text.isdecimal() and len(text) < 19:
        return max(low, min(high, int(text)))
    return default


def pages(start: int, step: int, total: int) -> dict[str, int | None]:
    """Offsets of the neighbouring pages; ``None`` where there is none."""
    last = max(0, total - 1) // step * step
    return {
        "start": start,
        "end": min(start + step, total),
        "total": total,
        "first": 0 if start else None,
        "previous": start - step if start else None,
        "next": start + step if start < last else None,
        "last": last if start < last else None,
    }


@dataclass(frozen=True, slots=True)
class LayerState:
    """One layer (or a range that ends with it), which view of it, and what is filtered out."""

    layer: int
    first: int | None = None
    """Where a range starts; ``None`` for one layer alone."""
    view: str = "changes"
    """``changes`` (a list), ``outline`` (the same as a tree) or ``tree`` (the merged tree up to here)."""
    path: bytes = b""
    kinds: str = KINDS
    text: str = ""
    min_size: int = 0
    sort: str = "path"
    silent: bool = False
    """Whether to show what ``docker diff`` does not mention."""
    offset: int = 0

    @classmethod
    def parse(cls, request: HttpRequest, top: int) -> Self:
        """The state that a request asks for; what makes no sense is as if it were not there."""
        get: QueryDict = request.GET
        last = number(get.get("to") or get.get("layer"), 0, top, top)
        first = number(get.get("from"), 0, last, last)
        view = get.get("view", "")
        return cls(
            layer=last,
            first=first if first < last else None,
            view=view if view in VIEWS else "changes",
            path=path_of(request),
            kinds="".join(kind for kind in KINDS if kind in get["kinds"]) if "kinds" in get else KINDS,
            text=get.get("q", "")[:200],
            min_size=number(get.get("min"), 0, 2**62, 0),
            sort="size" if get.get("sort") == "size" else "path",
            silent="silent" in get,
            offset=number(get.get("offset"), 0, 2**40, 0),
        )

    def query(self, **changes: Any) -> str:
        """The query string of this state with ``changes``; what is as usual is left out."""
        state = replace(self, **changes)
        pairs: list[tuple[str, Any]] = [("layer", state.layer)]
        if state.first is not None:
            pairs = [("from", state.first), ("to", state.layer)]
        pairs += [
            (key, getattr(state, name)) for name, key, usual in SPELLED if getattr(state, name) != usual
        ]
        pairs += [("silent", "1")] if state.silent else []
        pairs += [("offset", state.offset)] if state.offset else []
        path = f"&path={quote_from_bytes(state.path)}" if state.path else ""
        return f"?{urlencode(pairs)}{path}"

    def toggled(self, kind: str) -> str:
        """The kinds to show once ``kind`` is shown or hidden."""
        return "".join(k for k in KINDS if (k in self.kinds) != (k == kind))

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.min_size or self.kinds != KINDS)

    @property
    def crumbs(self) -> list[tuple[bytes, bytes]]:
        """Name and path of each directory down to ``path``."""
        parts = self.path.split(b"/") if self.path else []
        return [(part, b"/".join(parts[: depth + 1])) for depth, part in enumerate(parts)]


USUAL = {field.name: field.default for field in fields(LayerState)}
SPELLED = [
    (name, key, USUAL[name])
    for name, key in {
        "view": "view",
        "kinds": "kinds",
        "text": "q",
        "min_size": "min",
        "sort": "sort",
    }.items()
]
"""What goes into a query string where it is not as usual: the field, its parameter, its usual value."""
