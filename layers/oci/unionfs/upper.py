"""Edits of a container, as overlayfs carries them out: the image below is never touched.

What changes is copied up with its parents; what is deleted leaves a whiteout; a
directory that is made where one was deleted is opaque (Documentation/filesystems/
overlayfs.rst; tests/golden, 15-edit-ops and experiments).
"""

from layers.oci.changeset.entry import Entry, Extra, Kind, Member
from layers.oci.changeset.paths import ancestors, check_path, clean, join, split
from layers.oci.errors import EditRefused
from layers.oci.unionfs.copyup import BROKEN, SETGID, CopyUp, Row, copied, metadata_of, named, packed
from layers.oci.unionfs.diff import CAPABILITY, NOTHING, Change
from layers.oci.unionfs.hardlinks import Inode, linked_names
from layers.oci.unionfs.mergedview import UpperEntry
from layers.oci.unionfs.upperdiff import upper_changes
from layers.oci.unionfs.uppermembers import upper_members

__all__ = ["Row", "Upper", "UpperEntry"]

SETUID, GROUP_EXECUTES = 0o4000, 0o010
LARGEST_ID = 2**32 - 2
"""The largest uid or gid: one more means "leave it" to chown(2)."""


class Upper(CopyUp):
    """An upper directory that is being edited; ``rows`` tells what the edits came to.

    Symlinks in the directories of a path are followed, inside the image only;
    one at its end is the thing edited, unless the method says so. ``now`` is
    the mtime of what is new, in seconds. Every edit raises ``EditRefused``
    where a file system would fail; then use the upper no more.
    """

    def changes(self) -> list[Change]:
        """What the container changed, silent rows too, by directory and then name."""
        return upper_changes(self)

    def members(
        self, clamp: int | None = None, leave_out: frozenset[bytes] = frozenset()
    ) -> list[tuple[Member, UpperEntry]]:
        """The layer that a commit makes: see :func:`upper_members`."""
        return upper_members(self, clamp, leave_out)

    # --- files ------------------------------------------------------------------------

    def write(self, path: bytes, sha256: bytes, size: int, content: str | None) -> None:
        """Give a file a new content; a symlink leads to its target, what is not there is created.

        A capability goes, as the kernel takes it from a file that is written.
        """
        path = self.real(path, follow=True)
        entry = self.at(path)
        if entry is None:
            return self.create(path, sha256, size, content)
        if entry.kind is not Kind.FILE:
            raise EditRefused(f"{named(path)} is a {entry.kind.word}: only a file has a content to write.")
        own = self._copy_up(path)
        extra = without_capability(own.extra)._replace(mtime_ns=0)
        self._change(
            own, size=size, sha256=sha256, content=content, origin=None, mtime=self.now, extra=packed(extra)
        )
        return None

    def create(self, path: bytes, sha256: bytes, size: int, content: str | None, mode: int = 0o644) -> None:
        """A new file, owned by root, and by the group of a setgid directory."""
        entry = UpperEntry(b"", Kind.FILE, mode & 0o7777, size=size, sha256=sha256, content=content)
        self._make(path, entry)

    def mkdir(self, path: bytes, mode: int = 0o755) -> None:
        """A new directory, owned by root; in a setgid one it has its group, and is one itself."""
        self._make(path, UpperEntry(b"", Kind.DIRECTORY, mode & 0o7777))

    def make_parents(self, path: bytes) -> None:
        """A directory and those above it, as far as they are not there: ``mkdir -p``."""
        path = self.real(path, follow=True)
        check_path(path, self.limits)
        for directory in reversed([path, *ancestors(path)]):
            if not self.is_directory(directory):
                self.mkdir(directory)

    def symlink(self, path: bytes, target: bytes) -> None:
        """A new symlink."""
        self._check_target(target)
        self._make(path, UpperEntry(b"", Kind.SYMLINK, 0o777, linkname=target))

    def _check_target(self, target: bytes) -> None:
        if not target or b"\0" in target or len(target) >= self.limits.link_length:
            raise EditRefused(
                f"A symlink's target has 1 to {self.limits.link_length - 1} bytes, none of them NUL."
            )

    def link(self, path: bytes, target: bytes) -> None:
        """A new name for what is at ``target``, which is copied up for it."""
        source = self.real(target)
        self._existing(source)
        own = self._copy_up(source)
        if own.kind is Kind.DIRECTORY:
            raise EditRefused(f"{named(source)} is a directory: it cannot have a second name.")
        own = self._set(own._replace(group=own.group or self._new_group()))
        self._place(self._free(path), own)

    def put(self, path: bytes, entry: UpperEntry) -> None:
        """Unpack ``entry`` at ``path``, as tar does: its parents are made, what is there gives way.

        A directory that is there stays, with the mode, owner and time of the new one.
        """
        if entry.kind is Kind.SYMLINK:
            self._check_target(entry.linkname or b"")
        path = self._cleared(path, entry.kind)
        if path and self.is_directory(path):
            self._set(metadata_of(entry, self._copy_up(path)))
        elif path:
            self._place(self._free(path), entry)

    def put_link(self, path: bytes, target: bytes) -> None:
        """Unpack a hard link at ``path``: as :meth:`put`, and :meth:`link`."""
        if self.real(path) != self.real(target):
            self.link(self._cleared(path, Kind.HARDLINK), target)

    def _cleared(self, path: bytes, kind: Kind) -> bytes:
        """The real path of what is unpacked, with nothing there but, for a directory, a directory."""
        self.make_parents(split(path)[0])
        path = self.real(path)
        old = self.at(path) if path else None
        if self.is_directory(path) and kind is not Kind.DIRECTORY:
            raise EditRefused(f"{named(path)} is a directory: a {kind.word} cannot take its place.")
        if old is not None and old.kind is not Kind.DIRECTORY:
            self.remove(path)
        return path

    # --- places -----------------------------------------------------------------------

    def remove(self, path: bytes) -> None:
        """Delete a path and all below it; what the image has there is hidden by a whiteout."""
        path = self.real(path)
        self._existing(path)
        self._touch_parent(path)
        self._vacate(path)

    def rename(self, old: bytes, new: bytes, *, replace: bool = False) -> None:
        """Move a path to where nothing is; with ``replace``, a file may take another's place.

        A directory of the image is copied and deleted, as overlayfs has it (EXDEV).
        """
        old, new = self.real(old), self.real(new)
        if old == new:
            return
        entry = self._existing(old)
        self._refuse_inside(old, new, "moved")
        there = self.at(new)
        if there is not None and replace and Kind.DIRECTORY not in (there.kind, entry.kind):
            self.remove(new)
        self._free(new)
        if entry.kind is Kind.DIRECTORY and self._shares(old):
            self._copy(old, new)
            self.remove(old)
            return
        own = self._copy_up(old)
        self._touch_parent(old)
        moved = self.below(old)
        self._vacate(old)
        # ovl_rename(): a directory that lands among the image's own is opaque, needed or not.
        opaque = own.kind is Kind.DIRECTORY and (own.opaque or self._merges(split(new)[0]))
        self._place(new, own._replace(opaque=opaque), keep=True)
        for inner in moved:
            self._set(inner._replace(path=self._moved(inner.path, old, new)))

    def copy(self, source: bytes, target: bytes) -> None:
        """Copy a path, and all below it, to where nothing is; mode, owner, xattrs and times come along."""
        source, target = self.real(source), self.real(target)
        self._existing(source)
        self._refuse_inside(source, target, "copied")
        self._free(target)
        self._copy(source, target)

    def restore(self, path: bytes) -> None:
        """Make a path, and all below it, what the image has there: nothing, if it has nothing.

        A directory above it that is gone comes back, with nothing else in it.
        """
        path = clean(path)
        image = self.image_at(path) if path else None
        if not path or (image is None and self.own(path) is None):
            raise EditRefused(f"{named(path)} is as the image has it: there is nothing to restore.")
        self._restore_parents(path)
        for own in self.below(path):
            self._drop(own.path)
        self._drop(path)
        if image is not None and self.hides(split(path)[0]):
            self._copy_from_image(path, image)
        self._forget_parents(path)

    # --- metadata ---------------------------------------------------------------------

    def chmod(self, path: bytes, mode: int, *, recursive: bool = False) -> None:
        """Set permission bits, with setuid, setgid and sticky. A symlink leads to its target."""
        path = self.real(path, follow=True)
        for inner, entry in self._chosen(path, recursive):
            if inner == path or entry.kind is not Kind.SYMLINK:
                self._change(self._copy_up(inner), mode=mode & 0o7777)

    def chown(self, path: bytes, uid: int, gid: int, *, recursive: bool = False) -> None:
        """Set the owner; of a symlink itself. A file loses setuid, setgid and its capability, as in Linux."""
        if not (0 <= uid <= LARGEST_ID and 0 <= gid <= LARGEST_ID):
            raise EditRefused(f"uid and gid are numbers from 0 to {LARGEST_ID}, not {uid}:{gid}.")
        for inner, _ in self._chosen(self.real(path), recursive):
            own = self._copy_up(inner)
            if own.kind is Kind.FILE:
                dropped = SETUID | (SETGID if own.mode & GROUP_EXECUTES else 0)
                extra = packed(without_capability(own.extra))
                self._change(own, uid=uid, gid=gid, mode=own.mode & ~dropped, extra=extra)
            else:
                self._change(own, uid=uid, gid=gid)

    def _chosen(self, path: bytes, recursive: bool) -> list[tuple[bytes, Entry]]:
        """A path, and all below it that can be changed."""
        chosen = [(path, self._existing(path))]
        if recursive:
            chosen += [row for row in self.walk(path) if row[1].kind not in BROKEN]
        return chosen

    def touch(self, path: bytes, mtime: int) -> None:
        """Set the time, in seconds; of a symlink itself."""
        path = self.real(path)
        self._existing(path)
        own = self._copy_up(path)
        self._change(own, mtime=mtime, extra=packed((own.extra or NOTHING)._replace(mtime_ns=0)))

    def set_xattr(self, path: bytes, name: bytes, value: bytes | None) -> None:
        """Set an extended attribute; None takes it away."""
        path = self.real(path)
        self._existing(path)
        own = self._copy_up(path)
        kept = [pair for pair in (own.extra or NOTHING).xattrs if pair[0] != name]
        pairs = sorted(kept if value is None else [*kept, (name, value)])
        self._change(own, extra=packed((own.extra or NOTHING)._replace(xattrs=tuple(pairs))))

    # --- trees ------------------------------------------------------------------------

    def _copy(self, source: bytes, target: bytes) -> None:
        """Copy what is seen at ``source``; hard links among the copies stay links."""
        seen = [(source, self._existing(source)), *self.walk(source)]
        links = linked_names(row for row in seen if row[0] not in self._entries)
        groups: dict[int | Inode, int] = {0: 0}
        for path, entry in seen:
            own = self._entries.get(path) or copied(path, entry)
            file = links.get(path, own.group)
            if file not in groups:
                groups[file] = self._new_group()
            own = own._replace(group=groups[file], opaque=False)
            if path == source:
                self._place(target, own)
            else:
                self._set(own._replace(path=self._moved(path, source, target)))

    def _moved(self, path: bytes, old: bytes, new: bytes) -> bytes:
        """What ``path`` below ``old`` is below ``new``. Raises ``LimitExceeded``: no layer may hold it."""
        path = new + path[len(old) :]
        check_path(path, self.limits)
        return path

    def _copy_from_image(self, path: bytes, entry: Entry) -> None:
        """Write the image's own tree at a path that an opaque directory hides."""
        todo = [(path, entry)]
        while todo:
            path, entry = todo.pop()
            self._set(copied(path, entry))
            todo += [(join(path, name), child) for name, child in (self.image_children(path) or {}).items()]

    def _restore_parents(self, path: bytes) -> None:
        """Bring back the directories above a path that were deleted, each with nothing in it."""
        for directory in reversed(ancestors(path)[:-1]):
            if self.is_directory(directory):
                continue
            image = self.image_at(directory)
            if self.at(directory) is not None or image is None or image.kind is not Kind.DIRECTORY:
                raise EditRefused(f"{named(directory)} is no directory now: restore that first.")
            self._set(copied(directory, image)._replace(opaque=True))

    def _forget_parents(self, path: bytes) -> None:
        """Drop directories that were copied up for what is restored now, and are otherwise the image's."""
        for directory in ancestors(path)[:-1]:
            own, image = self._entries.get(directory), self.image_at(directory)
            if own is None or image is None or own.opaque or self._names.get(directory):
                return
            if not same_but_for_time(own, copied(directory, image)):
                return
            self._drop(directory)


def same_but_for_time(own: UpperEntry, was: UpperEntry) -> bool:
    """Whether only the time tells an entry from its copy of the image's."""
    extra = (own.extra or NOTHING).xattrs == (was.extra or NOTHING).xattrs
    return extra and own == was._replace(mtime=own.mtime, extra=own.extra, lower=own.lower)


def without_capability(extra: Extra | None) -> Extra:
    extra = extra or NOTHING
    return extra._replace(xattrs=tuple(pair for pair in extra.xattrs if pair[0] != CAPABILITY))
