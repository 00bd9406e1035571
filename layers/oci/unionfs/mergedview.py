"""An upper directory over an image: what is seen at every path.

The upper holds what overlayfs would keep in its ``upperdir``: copied-up and new
entries with all their parents, whiteouts, and opaque directories.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from layers.oci.changeset.entry import Entry, Extra, Kind
from layers.oci.changeset.paths import join, split
from layers.oci.errors import EditRefused, shown
from layers.oci.limits import Limits
from layers.oci.unionfs.tree import Children

UPPER = -1
"""The number of every entry that is no entry of a layer."""

Load = Callable[[bytes], Children | None]
Numbered = Callable[[Sequence[int]], Mapping[int, Entry]]


class UpperEntry(NamedTuple):
    """One path of an upper directory."""

    path: bytes
    kind: Kind
    """``WHITEOUT`` where a path of the image is deleted."""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    """Whole seconds since 1970."""
    sha256: bytes | None = None
    content: str | None = None
    """Digest of the blob with a new content; None where there is none, or the image's is shared."""
    origin: int | None = None
    """Number of the image's entry whose content this shares: a file that was copied up."""
    linkname: bytes | None = None
    extra: Extra | None = None
    opaque: bool = False
    """A directory that hides what the image has below it."""
    group: int = 0
    """Names with the same number are hard links to one file; 0 for a file alone."""
    lower: int | None = None
    """Number of the image's entry at this path, seen or not; None where it has none."""

    def as_entry(self) -> Entry:
        """The path as the merged view shows it."""
        return Entry(
            UPPER,
            split(self.path)[1],
            self.kind,
            self.mode,
            self.uid,
            self.gid,
            self.size,
            self.mtime,
            0,
            self.sha256,
            self.linkname,
            self.extra,
        )


class MergedView:
    """Looks paths up in the upper first, and in the image where the upper lets it show through.

    ``lower`` gives a directory of the image, None where there is none; it is asked
    once for each directory. ``numbered``, where it is given, finds the image's entries
    at all paths of the upper at once, so that no directory is loaded for them.
    Paths in and out are clean, the root is ``b""``.
    """

    def __init__(
        self,
        lower: Load,
        entries: Mapping[bytes, UpperEntry],
        limits: Limits,
        numbered: Numbered | None = None,
    ) -> None:
        self.limits = limits
        self._load = lower
        self._numbered = numbered
        self._loaded: dict[bytes, Children | None] = {}
        self._entries = dict(entries)
        self._names: dict[bytes, set[bytes]] = {}
        for path in self._entries:
            directory, name = split(path)
            self._names.setdefault(directory, set()).add(name)

    @property
    def entries(self) -> Mapping[bytes, UpperEntry]:
        """The upper, by path."""
        return self._entries

    @property
    def size(self) -> int:
        """Bytes of the files in the upper, a hard link group once."""
        alone = sum(entry.size for entry in self._entries.values() if not entry.group)
        linked = {entry.group: entry.size for entry in self._entries.values() if entry.group}
        return alone + sum(linked.values())

    def own(self, path: bytes) -> UpperEntry | None:
        """What the upper itself has at a path, whiteouts too."""
        return self._entries.get(path)

    def at(self, path: bytes) -> Entry | None:
        """What is seen at a path, no symlink followed; None where nothing is. The root has no entry."""
        own = self._entries.get(path)
        if own is None:
            return self.showing(path)
        return None if own.kind is Kind.WHITEOUT else own.as_entry()

    def children(self, path: bytes) -> Children | None:
        """The entries seen in a directory, by name; None where there is no directory."""
        if not self.is_directory(path):
            return None
        merged = dict((None if self.hides(path) else self.image_children(path)) or {})
        for name in self._names.get(path, ()):
            own = self._entries[join(path, name)]
            if own.kind is Kind.WHITEOUT:
                merged.pop(name, None)
            else:
                merged[name] = own.as_entry()
        return merged

    def is_directory(self, path: bytes) -> bool:
        entry = self.at(path) if path else None
        return not path or (entry is not None and entry.kind is Kind.DIRECTORY)

    def walk(self, path: bytes) -> Iterator[tuple[bytes, Entry]]:
        """What is seen below a path, parents first."""
        todo = [path]
        while todo:
            directory = todo.pop()
            for name, entry in sorted((self.children(directory) or {}).items()):
                yield join(directory, name), entry
                if entry.kind is Kind.DIRECTORY:
                    todo.append(join(directory, name))

    def below(self, path: bytes) -> list[UpperEntry]:
        """The entries of the upper below a path, parents first, whiteouts too."""
        found: list[UpperEntry] = []
        todo = [path]
        while todo:
            directory = todo.pop()
            inner = [join(directory, name) for name in self._names.get(directory, ())]
            found += [self._entries[path] for path in inner]
            todo += inner
        return found

    def image_children(self, path: bytes) -> Children | None:
        """What the image has in a directory, whatever the upper says."""
        if path not in self._loaded:
            self._loaded[path] = self._load(path)
        return self._loaded[path]

    def image_at(self, path: bytes) -> Entry | None:
        """What the image has at a path, whatever the upper says."""
        directory, name = split(path)
        own = self._entries.get(path)
        if own is None or self._numbered is None:
            return (self.image_children(directory) or {}).get(name)
        return None if own.lower is None else self._lower[own.lower]._replace(name=name)

    @cached_property
    def _lower(self) -> Mapping[int, Entry]:
        """The image's entries at the paths of the upper, by number."""
        numbers = {own.lower for own in self._entries.values() if own.lower is not None}
        return self._numbered(sorted(numbers)) if self._numbered is not None else {}

    def showing(self, path: bytes) -> Entry | None:
        """What the image has at a path, if no directory above it hides that."""
        return None if self.hides(split(path)[0]) else self.image_at(path)

    def hides(self, path: bytes) -> bool:
        """Whether nothing of the image is seen in a directory: it, or one above it, is opaque or gone."""
        entries = self._entries
        while path:
            own = entries.get(path)
            if own is not None and (own.opaque or own.kind is not Kind.DIRECTORY):
                return True
            path = path.rpartition(b"/")[0]
        return False

    def real(self, path: bytes, *, follow: bool = False) -> bytes:
        """``path`` with the symlinks in its directories followed, and with ``follow`` one at its end.

        They lead nowhere outside the image.

        Raises:
            EditRefused: more than ``link_hops`` symlinks.
        """
        todo = path.split(b"/")[::-1]
        here, hops = b"", 0
        end: bytes | None = None
        while todo:
            part = todo.pop()
            if part in (b"", b"."):
                continue
            if part == b"..":
                here = split(here)[0]
                end = end if end is not None and len(here) >= len(end) else None
                continue
            # Nothing lies below what is no directory: names may be many there, and are not looked up.
            entry = self.at(join(here, part)) if end is None and (todo or follow) else None
            if entry is None or entry.kind is not Kind.SYMLINK:
                here = join(here, part)
                if end is None and (entry is None or entry.kind is not Kind.DIRECTORY):
                    end = here
                continue
            hops += 1
            if hops > self.limits.link_hops:
                raise EditRefused(f"{shown(b'/' + path)} lies behind more than {hops - 1} symlinks.")
            target = entry.linkname or b""
            here = b"" if target.startswith(b"/") else here
            todo += target.split(b"/")[::-1]
        return here
