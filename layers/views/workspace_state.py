"""What the workspace of a container shows, as its URL says it: a value, there and back."""

from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlencode

from django.http import HttpRequest

from layers.oci.changeset.paths import clean
from layers.views.state import KINDS, number, path_of

ASKS = {
    "touch": "layers:container-touch",
    "mkdir": "layers:container-mkdir",
    "symlink": "layers:container-symlink",
    "upload": "layers:container-upload",
    "unpack": "layers:container-unpack",
    "remove": "layers:container-remove",
    "restore": "layers:container-restore",
    "move": "layers:container-move",
    "copy": "layers:container-copy",
    "chmod": "layers:container-chmod",
    "chown": "layers:container-chown",
    "rename": "layers:container-rename",
    "reset": "layers:container-reset",
    "delete": "layers:container-delete",
}
"""The forms of the workspace, each with the name of the URL it is sent to."""
OPEN_DIRECTORIES = 200
"""As many directories of the tree as stay open from one page to the next."""


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    """The chosen path, and what the rail of changes leaves out."""

    path: bytes = b""
    kinds: str = KINDS
    text: str = ""
    silent: bool = False
    """Whether the rail shows what ``docker diff`` does not mention."""
    offset: int = 0
    """The first row of the chosen directory."""
    rail_offset: int = 0
    ask: str = ""
    """The form that is open: one of ``ASKS``."""

    @classmethod
    def parse(cls, request: HttpRequest) -> Self:
        """The state that a request asks for; what makes no sense is as if it were not there."""
        get = request.GET
        return cls(
            # A form that is sent by GET loses what its address asks for: it says the path as a field.
            path=clean(unquote_to_bytes(get["at"]) if "at" in get else path_of(request)),
            kinds="".join(kind for kind in KINDS if kind in get["kinds"]) if "kinds" in get else KINDS,
            # What was typed into the filter goes along with an edit; its address is older.
            text=request.POST.get("q", get.get("q", ""))[:200],
            silent="silent" in get,
            offset=number(get.get("offset"), 0, 2**40, 0),
            rail_offset=number(get.get("from"), 0, 2**40, 0),
            ask=get["do"] if get.get("do") in ASKS else "",
        )

    def query(self, **changes: Any) -> str:
        """The query string of this state with ``changes``; what is as usual is left out."""
        state = replace(self, **changes)
        pairs: list[tuple[str, Any]] = [("kinds", state.kinds)] if state.kinds != KINDS else []
        pairs += [("q", state.text)] if state.text else []
        pairs += [("silent", "1")] if state.silent else []
        pairs += [("offset", state.offset)] if state.offset else []
        pairs += [("from", state.rail_offset)] if state.rail_offset else []
        pairs += [("do", state.ask)] if state.ask else []
        path = f"path={quote_from_bytes(state.path)}" if state.path else ""
        return "?" + "&".join(part for part in (path, urlencode(pairs)) if part)

    def toggled(self, kind: str) -> str:
        """The kinds to show once ``kind`` is shown or hidden."""
        return "".join(k for k in KINDS if (k in self.kinds) != (k == kind))

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.kinds != KINDS)

    @property
    def crumbs(self) -> list[tuple[bytes, bytes]]:
        """Name and path of each directory down to ``path``."""
        parts = self.path.split(b"/") if self.path else []
        return [(part, b"/".join(parts[: depth + 1])) for depth, part in enumerate(parts)]


def open_directories(request: HttpRequest) -> set[bytes]:
    """The directories that are open in the tree of the page that asks, byte for byte."""
    named = [*request.GET.getlist("open"), *request.POST.getlist("open")][:OPEN_DIRECTORIES]
    return {clean(unquote_to_bytes(text)) for text in named}
