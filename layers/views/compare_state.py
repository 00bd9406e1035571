"""What the page of a comparison shows, as its URL says it: a value, there and back."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self
from urllib.parse import quote_from_bytes, urlencode

from django.http import HttpRequest

from layers.oci.changeset.paths import clean
from layers.queries.compared_files import WHY, FileFilter
from layers.views.state import KINDS, number, path_of

TABS = ("files", "config", "history", "sizes", "packages")
LONGEST_TEXT = 400
"""Of a name in a URL; a repository has at most 255 characters, a tag 128."""


@dataclass(frozen=True, slots=True)
class CompareState:
    """Two sides, which part of the comparison, and what is filtered out."""

    a: str = ""
    b: str = ""
    tab: str = "files"
    path: bytes = b""
    """A directory whose sizes are shown, or the file whose contents are."""
    kinds: str = KINDS
    text: str = ""
    min_size: int = 0
    why: str = ""
    sort: str = "path"
    silent: bool = False
    """Whether to show what ``docker diff`` does not mention."""
    whole: bool = False
    """Whether to show what is the same on both sides as well."""
    offset: int = 0

    @classmethod
    def parse(cls, request: HttpRequest) -> Self:
        """The state that a request asks for; what makes no sense is as if it were not there."""
        get = request.GET
        tab, why = get.get("tab", ""), get.get("why", "")
        return cls(
            a=get.get("a", "").strip()[:LONGEST_TEXT],
            b=get.get("b", "").strip()[:LONGEST_TEXT],
            tab=tab if tab in TABS else "files",
            path=clean(path_of(request)),
            kinds="".join(kind for kind in KINDS if kind in get["kinds"]) if "kinds" in get else KINDS,
            text=get.get("q", "")[:200],
            min_size=number(get.get("min"), 0, 2**62, 0),
            why=why if why in WHY else "",
            sort="size" if get.get("sort") == "size" else "path",
            silent="silent" in get,
            whole="all" in get,
            offset=number(get.get("offset"), 0, 2**40, 0),
        )

    def query(self, **changes: Any) -> str:
        """The query string of this state with ``changes``; what is as usual is left out."""
        state = replace(self, **changes)
        pairs: list[tuple[str, Any]] = [("a", state.a), ("b", state.b)]
        pairs += [
            (key, getattr(state, name)) for name, key, usual in SPELLED if getattr(state, name) != usual
        ]
        pairs += [("silent", "1")] if state.silent else []
        pairs += [("all", "1")] if state.whole else []
        path = f"&path={quote_from_bytes(state.path)}" if state.path else ""
        return f"?{urlencode(pairs)}{path}"

    def tab_query(self, tab: str) -> str:
        """Another part of the same comparison."""
        return CompareState(self.a, self.b, tab).query()

    @property
    def swapped(self) -> str:
        """The same the other way round: what was added is deleted."""
        kinds = self.kinds.translate(str.maketrans("AD", "DA"))
        return self.query(a=self.b, b=self.a, kinds="".join(sorted(kinds)), offset=0)

    @property
    def filter(self) -> FileFilter:
        return FileFilter(self.kinds, self.text, self.min_size, self.sort, self.silent, self.why)

    def toggled(self, kind: str) -> str:
        """The kinds to show once ``kind`` is shown or hidden."""
        return "".join(k for k in KINDS if (k in self.kinds) != (k == kind))

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.min_size or self.why or self.kinds != KINDS)

    @property
    def crumbs(self) -> list[tuple[bytes, bytes]]:
        """Name and path of each directory down to ``path``."""
        parts = self.path.split(b"/") if self.path else []
        return [(part, b"/".join(parts[: depth + 1])) for depth, part in enumerate(parts)]


USUAL = {field.name: field.default for field in fields(CompareState)}
SPELLED = [
    (name, key, USUAL[name])
    for name, key in {
        "tab": "tab",
        "kinds": "kinds",
        "text": "q",
        "min_size": "min",
        "why": "why",
        "sort": "sort",
        "offset": "offset",
    }.items()
]
"""What goes into a query string where it is not as usual: the field, its parameter, its usual value."""
