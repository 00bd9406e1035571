"""How overlayfs lets an upper directory be changed: copy-up, whiteouts, opaque directories.

The steps that every edit is made of (Documentation/filesystems/overlayfs.rst).
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from layers.oci.changeset import whiteout
from layers.oci.changeset.entry import Entry, Extra, Kind
from layers.oci.changeset.paths import ancestors, check_path, split
from layers.oci.errors import EditRefused, shown
from layers.oci.limits import Limits
from layers.oci.unionfs.diff import NOTHING
from layers.oci.unionfs.mergedview import Load, MergedView, Numbered, UpperEntry

Row = tuple[UpperEntry | None, UpperEntry | None]
"""A path of the upper before and after: swapped, it undoes."""
SETGID = 0o2000
BROKEN = (Kind.HARDLINK, Kind.UNKNOWN)
LONGEST_DELETED = 251
"""Bytes of a name whose whiteout still fits in the 255 that file systems take."""


class CopyUp(MergedView):
    """An upper that changes, and remembers what it was; ``now`` is the mtime of what is new."""

    def __init__(
        self,
        lower: Load,
        entries: Mapping[bytes, UpperEntry],
        now: int,
        limits: Limits | None = None,
        numbered: Numbered | None = None,
    ) -> None:
        super().__init__(lower, entries, limits or Limits(), numbered)
        self.now = now
        self._before: dict[bytes, UpperEntry | None] = {}
        self._last_group: int | None = None

    def rows(self) -> list[Row]:
        """What all edits so far changed, by path; empty where they came to nothing."""
        pairs = [(self._before[path], self._entries.get(path)) for path in sorted(self._before)]
        return [pair for pair in pairs if pair[0] != pair[1]]

    def _existing(self, path: bytes) -> Entry:
        entry = self.at(path) if path else None
        if entry is None:
            raise EditRefused(
                f"{named(path)} does not exist." if path else "The root directory itself is not edited."
            )
        return entry

    def _free(self, path: bytes) -> bytes:
        """The real path of something new."""
        path = self.real(path)
        directory, name = split(path)
        check_path(path, self.limits)
        if not path or self.at(path) is not None:
            raise EditRefused(f"{named(path)} exists already.")
        if not self.is_directory(directory):
            what = "is no directory" if self.at(directory) else "does not exist"
            raise EditRefused(f"{named(directory)} {what}: nothing can be put in it.")
        if name.startswith(whiteout.PREFIX):
            raise EditRefused(f"{named(path)}: in a layer, names with “.wh.” in front mean deletions.")
        return path

    def _make(self, path: bytes, entry: UpperEntry) -> None:
        """Put something new at a path; in a setgid directory it has its group (inode_init_owner())."""
        path = self._free(path)
        directory = self.at(split(path)[0])
        if directory is not None and directory.mode & SETGID:
            inherited = SETGID if entry.kind is Kind.DIRECTORY else 0
            entry = entry._replace(gid=directory.gid, mode=entry.mode | inherited)
        self._place(path, entry._replace(mtime=self.now))

    def _place(self, path: bytes, entry: UpperEntry, *, keep: bool = False) -> None:
        """Put an entry where nothing is seen; a directory in a deleted path's place is opaque."""
        self._touch_parent(path)
        opaque = entry.opaque if keep else entry.kind is Kind.DIRECTORY and path in self._entries
        self._set(entry._replace(path=path, opaque=opaque))

    def _vacate(self, path: bytes) -> None:
        """Take away the upper's entries at and below a path, and hide what the image has there."""
        for inner in self.below(path):
            self._drop(inner.path)
        if self.showing(path) is None:
            self._drop(path)
            return
        if len(split(path)[1]) > LONGEST_DELETED:
            raise EditRefused(
                f"{named(path)} cannot be deleted: a layer has no room to say so of a name this long."
            )
        self._set(UpperEntry(path, Kind.WHITEOUT, mtime=self.now))

    def _copy_up(self, path: bytes) -> UpperEntry:
        """The upper's own entry of a path that exists, with those of its parents; times stay as they are."""
        own = self._entries.get(path)
        if own is not None:
            return own
        entry = self._existing(path)
        for directory in reversed(ancestors(path)[:-1]):
            if directory not in self._entries:
                self._set(copied(directory, self._existing(directory)))
        return self._set(copied(path, entry))

    def _touch_parent(self, path: bytes) -> None:
        """Note in a directory's mtime that a name in it came or went. No layer holds the root's."""
        directory = split(path)[0]
        if directory:
            own = self._copy_up(directory)
            extra = packed((own.extra or NOTHING)._replace(mtime_ns=0))
            self._set(own._replace(mtime=self.now, extra=extra))

    def _shares(self, path: bytes) -> bool:
        """Whether the image shows through a directory."""
        own = self._entries.get(path)
        return own is None or (not own.opaque and self.showing(path) is not None)

    def _merges(self, directory: bytes) -> bool:
        """Whether a directory is both in the upper and in the image."""
        return not self.hides(directory) and self.image_children(directory) is not None

    def _refuse_inside(self, path: bytes, target: bytes, word: str) -> None:
        if (target + b"/").startswith(path + b"/"):
            raise EditRefused(f"{named(path)} cannot be {word} into itself.")

    def _change(self, own: UpperEntry, **fields: Any) -> None:
        """Change an entry, under all its names. ``Any``: each field has a type of its own."""
        if not own.group:
            self._set(own._replace(**fields))
        elif own != own._replace(**fields):
            for other in self._names_of(own.group):
                self._set(other._replace(**fields))

    def _names_of(self, group: int) -> list[UpperEntry]:
        """The entries that are hard links to one file."""
        paths = self._linked.get(group, ())
        return [own for path in sorted(paths) if (own := self._entries.get(path)) and own.group == group]

    def _new_group(self) -> int:
        """A number that no hard links have."""
        self._last_group = 1 + (
            max(self._linked, default=0) if self._last_group is None else self._last_group
        )
        return self._last_group

    @cached_property
    def _linked(self) -> dict[int, set[bytes]]:
        """Where the names of each group of hard links are, or have been."""
        found: dict[int, set[bytes]] = {}
        for own in self._entries.values():
            if own.group:
                found.setdefault(own.group, set()).add(own.path)
        return found

    def _set(self, entry: UpperEntry) -> UpperEntry:
        """Make ``entry`` what the upper has at its path, and remember what it had."""
        path = entry.path
        image = self.image_at(path)
        entry = entry._replace(lower=None if image is None else image.number)
        self._before.setdefault(path, self._entries.get(path))
        if entry.group:
            self._linked.setdefault(entry.group, set()).add(path)
        self._entries[path] = entry
        directory, name = split(path)
        self._names.setdefault(directory, set()).add(name)
        return entry

    def _drop(self, path: bytes) -> None:
        """Let the upper have nothing at ``path``."""
        self._before.setdefault(path, self._entries.get(path))
        if self._entries.pop(path, None) is not None:
            directory, name = split(path)
            self._names[directory].discard(name)


def copied(path: bytes, entry: Entry) -> UpperEntry:
    """An entry of the image as it stands in the upper: all as it is, its content shared."""
    if entry.kind in BROKEN:
        raise EditRefused(f"{named(path)} is a broken {entry.kind.word}: it can be deleted, not changed.")
    return UpperEntry(
        path,
        entry.kind,
        entry.mode,
        entry.uid,
        entry.gid,
        entry.size,
        entry.mtime,
        entry.sha256,
        None,
        entry.number if entry.kind is Kind.FILE else None,
        entry.linkname,
        packed(entry.extra or NOTHING),
    )


def metadata_of(source: UpperEntry, target: UpperEntry) -> UpperEntry:
    """``target`` with the mode, owner, time and attributes of ``source``."""
    return target._replace(
        mode=source.mode, uid=source.uid, gid=source.gid, mtime=source.mtime, extra=source.extra
    )


def packed(extra: Extra) -> Extra | None:
    """What an upper keeps of an ``Extra``: how and where a layer stores the content is no part of it."""
    kept = Extra(extra.mtime_ns, extra.xattrs, extra.rdev)
    return None if kept == NOTHING else kept


def named(path: bytes) -> str:
    """A path as a message names it."""
    return shown(b"/" + path)
