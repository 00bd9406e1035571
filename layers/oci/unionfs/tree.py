"""A merged view: directories by path, as the layers so far make them."""

from collections.abc import Callable
from typing import NamedTuple

from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join

Children = dict[bytes, Entry]


class Loaded(NamedTuple):
    """A directory fetched from elsewhere, with the totals below it."""

    children: Children
    total_size: int
    total_count: int


class Tree:
    """What is visible at every path. Grown in place, layer by layer.

    ``load`` fetches a directory that is not in memory yet (the library holds
    the layers below); without it, what is not in memory does not exist.
    """

    def __init__(self, load: Callable[[bytes], Loaded | None] | None = None) -> None:
        self._load = load
        self._directories: dict[bytes, Children | None] = {} if load else {b"": {}}
        self.sizes: dict[bytes, int] = {b"": 0}
        self.counts: dict[bytes, int] = {b"": 0}

    @property
    def is_empty(self) -> bool:
        """Whether no layer has been laid yet."""
        return self._load is None and not self._directories.get(b"")

    def children(self, path: bytes) -> Children | None:
        """The entries of a directory by name; None where there is no directory."""
        try:
            return self._directories[path]
        except KeyError:
            return self._fetch(path)

    def _fetch(self, path: bytes) -> Children | None:
        loaded = self._load(path) if self._load else None
        if loaded is None:
            self._directories[path] = None
            return None
        self.sizes[path], self.counts[path] = loaded.total_size, loaded.total_count
        self._directories[path] = loaded.children
        return loaded.children

    def set(self, path: bytes, children: Children) -> None:
        """Make ``children`` what ``path`` holds."""
        self._directories[path] = children

    def remove(self, path: bytes) -> list[bytes]:
        """Forget a directory and those below it; their paths, the topmost first."""
        gone = []
        doomed = [path]
        while doomed:
            path = doomed.pop()
            children = self.children(path)
            if children is None:
                continue
            gone.append(path)
            self.sizes.pop(path, None)
            self.counts.pop(path, None)
            doomed += [join(path, name) for name, entry in children.items() if entry.kind is Kind.DIRECTORY]
            self._directories[path] = None
        return gone

    def totals(self, path: bytes) -> tuple[int, int]:
        """Bytes of files, and paths, below a directory."""
        if path not in self._directories:
            self.children(path)
        return self.sizes.get(path, 0), self.counts.get(path, 0)


def weight(entry: Entry) -> int:
    """The bytes an entry adds: a second name of a hard link group adds none."""
    extra = entry.extra
    return 0 if extra is not None and extra.hardlink is not None else entry.size
