"""What one layer's tar puts where, as if unpacked into an empty directory.

Engines unpack a layer by itself, without the layers below in sight: a parent
that no member names is made (mode 0755, owner 0:0), a symlink of the *same*
layer is followed, one of a lower layer is not there to follow
(image-spec layer.md, "Applying Changesets"; overlay2 of Docker).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from layers.oci.changeset import whiteout
from layers.oci.changeset.entry import Entry, Extra, Kind, Member
from layers.oci.changeset.paths import check_path, clean, escapes, join, split
from layers.oci.errors import LimitExceeded, MalformedLayer, shown
from layers.oci.limits import Limits
from layers.oci.unionfs.hardlinks import EXTRA, KIND, LINKNAME, OFFSET, SIZE, HardLinks, Row, orphaned_size

IMPLICIT = Extra(implicit=True)
NOTES_KEPT = 1000
FILE = Kind.FILE
DOT_SLASH = (b"", b".", b"/")
LATEST = (2**63 - 1) // 10**9
"""The last second that Docker sets as an mtime (moby pkg/system, ``unixMaxTime``)."""


@dataclass(slots=True)
class LayerTree:
    """A layer, unpacked: its directories with their entries, numbered and sorted."""

    first_number: int
    directories: dict[bytes, dict[bytes, Entry]]
    """By path, sorted; every directory that holds an entry, and every one that is an entry."""
    cut: frozenset[bytes]
    """Directories that hide what lower layers have in them."""
    member_count: int
    content_size: int
    """As Docker counts a layer: bytes of files (a hard link group once), and of symlinks' targets."""
    notes: list[tuple[bytes, str]] = field(default_factory=list)

    @property
    def entry_count(self) -> int:
        return sum(map(len, self.directories.values()))


class Extractor:
    """Takes the members of one layer, in the order of the tar."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.directories: dict[bytes, dict[bytes, Row]] = {b"": {}}
        self.cut: set[bytes] = set()
        self.notes: list[tuple[bytes, str]] = []
        self.member_count = 0
        # What is no longer passes no limit of paths: a path of n bytes has at most (n + 1) / 2 names.
        self._short = min(limits.path_length, limits.component_length, 2 * limits.path_depth - 1)
        self._links = HardLinks(self.directories, self.note)

    def add_all(self, members: Iterable[Member]) -> None:
        """Unpack every member.

        Raises:
            MalformedLayer, LimitExceeded: what the members or their order break.
        """
        directories, most, short = self.directories, self.limits.layer_entries, self._short
        for count, member in enumerate(members, self.member_count + 1):
            self.member_count = count
            path = member[0]
            # Most members are new files with clean names in a directory that is there.
            if (
                member[1] == 0
                and len(path) <= short
                and not (b"/." in path or path[:1] in DOT_SLASH or b"//" in path)
            ):
                parent, _, name = path.rpartition(b"/")
                children = directories.get(parent)
                if (
                    children is not None
                    and name not in children
                    and 0 <= member[6] <= LATEST
                    and count < most
                ):
                    children[name] = (name, FILE, *member[2:])
                    continue
            self.add(Member(*member))

    def add(self, member: Member) -> None:
        """Unpack one member, of whatever kind."""
        if self.member_count > self.limits.layer_entries:
            raise LimitExceeded("layer_entries", self.limits.layer_entries, self.member_count)
        raw = member.path
        path = clean(raw)
        if len(path) > self._short:
            check_path(path, self.limits)
        if path != raw and escapes(raw):
            self.note(raw, "the name is absolute or climbs out of the image: kept inside its root")
        if not path:
            if member.kind is not Kind.DIRECTORY:
                self.note(raw, f"a {member.kind.word} that would replace the image's root: left out")
            return
        parent, name = split(path)
        if b".wh." in path and self._marks(parent, name, member):
            return
        if parent not in self.directories:
            parent = self.make_directory(parent)
        self._put(parent, name, member)

    def _put(self, parent: bytes, name: bytes, member: Member) -> None:
        """Set ``name`` of a directory that exists; what was there gives way."""
        children = self.directories[parent]
        old = children.get(name)
        kind = member.kind
        if old is not None:
            self._replace(join(parent, name), old, kind)
        elif kind is Kind.DIRECTORY:
            self.directories.setdefault(join(parent, name), {})
        if not 0 <= member.mtime <= LATEST:
            self.note(
                join(parent, name),
                f"the mtime {member.mtime} lies outside 1970 to 2262: 0, as Docker sets it",
            )
            member = member._replace(mtime=0)
        row = (name, *member[1:])
        if kind is Kind.HARDLINK:
            row = self._links.resolve(parent, name, row)
        elif kind is Kind.SYMLINK and len(member.linkname or b"") > self.limits.link_length:
            raise LimitExceeded(
                "link_length", self.limits.link_length, len(member.linkname or b""), shown(join(parent, name))
            )
        elif kind is Kind.UNKNOWN:
            self.note(join(parent, name), member.extra.note if member.extra else "")
        children[name] = row

    def _replace(self, path: bytes, old: Row, kind: Kind) -> None:
        """Make room at ``path``: a directory stays if a directory comes, all else goes."""
        is_directory = kind is Kind.DIRECTORY
        if old[KIND] is Kind.DIRECTORY:
            if not is_directory:
                self._drop(path)
        elif is_directory:
            self.directories[path] = {}
        if old[KIND] is not Kind.WHITEOUT and not (old[EXTRA] and old[EXTRA].implicit):
            self.note(path, "the path stands more than once in the tar: the last one counts")

    def _drop(self, path: bytes) -> None:
        """Forget a directory and all below it."""
        doomed = [path]
        while doomed:
            path = doomed.pop()
            children = self.directories.pop(path)
            doomed += [join(path, name) for name, row in children.items() if row[KIND] is Kind.DIRECTORY]
            self.cut.discard(path)

    def make_directory(self, path: bytes) -> bytes:
        """The real path of a member's parent: symlinks of this layer followed, what lacks made.

        Raises:
            MalformedLayer: more than ``link_hops`` symlinks.
        """
        todo = path.split(b"/")[::-1]
        here, hops = b"", 0
        while todo:
            part = todo.pop()
            if part in (b"", b"."):
                continue
            if part == b"..":
                here = split(here)[0]
                continue
            row = self.directories[here].get(part)
            if row is not None and row[KIND] is Kind.SYMLINK:
                hops += 1
                if hops > self.limits.link_hops:
                    raise MalformedLayer(
                        f"The directory {shown(path)} lies behind more than {hops - 1} symlinks."
                    )
                if row[LINKNAME].startswith(b"/"):
                    here = b""
                todo += row[LINKNAME].split(b"/")[::-1]
                continue
            here = self._step(here, part, row)
        return here

    def _step(self, here: bytes, part: bytes, row: Row | None) -> bytes:
        """Enter ``part`` of ``here``, made if it is no directory."""
        path = join(here, part)
        if row is None or row[KIND] is not Kind.DIRECTORY:
            check_path(path, self.limits)
            if row is not None and row[KIND] is Kind.WHITEOUT:
                # No header brings the lower directory back, as one would: it stays deleted.
                self.cut.add(path)
            elif row is not None:
                self.note(path, f"a {row[KIND].word} stands where a later member needs a directory: replaced")
            self.directories[path] = {}
            self.directories[here][part] = (part, Kind.DIRECTORY, 0o755, 0, 0, 0, 0, 0, None, None, IMPLICIT)
        return path

    def _marks(self, parent: bytes, name: bytes, member: Member) -> bool:
        """Take the member as a mark for the layers below, if it is one."""
        if any(part.startswith(whiteout.PREFIX) for part in parent.split(b"/")):
            self._links.aside[join(parent, name)] = (name, *member[1:])
            self.note(join(parent, name), "lies below a whiteout's name: left out")
            return True
        if not name.startswith(whiteout.PREFIX):
            return False
        if name == whiteout.OPAQUE_NAME:
            self._opaque(parent)
        elif name.startswith(whiteout.AUFS_PREFIX):
            if not name.startswith((b".wh..wh.aufs", b".wh..wh.orph", whiteout.AUFS_LINKS)):
                self.note(join(parent, name), "a name reserved for AUFS: left out, as engines do")
        else:
            self._whiteout(parent, whiteout.hidden_name(name), member)
        return True

    def _opaque(self, parent: bytes) -> None:
        if parent:
            self.cut.add(self.make_directory(parent))
        else:
            self.note(
                whiteout.OPAQUE_NAME, "an opaque mark in the root directory: Docker ignores it, and so do we"
            )

    def _whiteout(self, parent: bytes, hidden: bytes, member: Member) -> None:
        """Delete ``hidden`` from the layers below, never from this one."""
        if hidden in (b"", b".", b".."):
            mark = shown(join(parent, whiteout.spell(hidden)))
            raise MalformedLayer(f"The whiteout {mark} names nothing that can be deleted.")
        parent = self.make_directory(parent)
        own = self.directories[parent].get(hidden)
        if own is None:
            row = (hidden, Kind.WHITEOUT, member.mode, 0, 0, 0, member.mtime, 0, None, None, None)
            self.directories[parent][hidden] = row
        elif own[KIND] is Kind.DIRECTORY:
            # After its directory, a whiteout can only mean what lies below it.
            self.cut.add(join(parent, hidden))
        else:
            self.note(
                join(parent, hidden), "a whiteout for a path of its own layer: it hides the lower one only"
            )

    def note(self, path: bytes, sentence: str) -> None:
        """Keep something odd for the fidelity report."""
        if len(self.notes) < NOTES_KEPT:
            self.notes.append((path, sentence))

    def count(self) -> int:
        """How many entries there are to number."""
        return sum(map(len, self.directories.values()))

    def finish(self, first_number: int) -> LayerTree:
        """The layer, its entries sorted and numbered from ``first_number``; the extractor is spent."""
        self._links.settle()
        numbered: dict[bytes, dict[bytes, Entry]] = {}
        number = first_number
        content_size = 0
        links: dict[int, int] = {}
        rows = self.directories
        new = tuple.__new__
        for path in sorted(rows):
            entries = {}
            for name, row in sorted(rows.pop(path).items()):
                entries[name] = new(Entry, (number, *row))
                number += 1
                extra = row[EXTRA]
                size = len(row[LINKNAME]) if row[KIND] is Kind.SYMLINK else row[SIZE]
                if extra is None or extra.hardlink is None:
                    content_size += size
                else:
                    links[row[OFFSET]] = size
            numbered[path] = entries
        content_size += orphaned_size(links, numbered)
        return LayerTree(
            first_number, numbered, frozenset(self.cut), self.member_count, content_size, self.notes
        )
