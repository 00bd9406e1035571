"""Hard links of one layer, turned into what they link to.

A link names a path of its own archive (image-spec layer.md, "Hardlinks"); what
the layer does not hold, a lower one may.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from layers.oci.changeset.entry import Entry, Extra, Kind
from layers.oci.changeset.paths import clean, join, split
from layers.oci.errors import shown

Row = tuple[Any, ...]
"""An ``Entry`` without its number."""
Inode = tuple[bytes, int, bytes | None]
"""What the names of one file have in common: the first of them, and where its content is."""
KIND, SIZE, OFFSET, LINKNAME, EXTRA = 1, 5, 7, 9, 10
BROKEN = (Kind.DIRECTORY, Kind.WHITEOUT)


class HardLinks:
    """Looks targets up in a layer's directories, now and again at the end."""

    def __init__(
        self, directories: dict[bytes, dict[bytes, Row]], note: Callable[[bytes, str], None]
    ) -> None:
        self.directories = directories
        self.note = note
        self.aside: dict[bytes, Row] = {}
        """Members that are not in the tree, yet may be linked to (AUFS)."""
        self._late: list[tuple[bytes, bytes]] = []

    def resolve(self, parent: bytes, name: bytes, row: Row) -> Row:
        """A hard link as what it links to, if this layer holds that by now."""
        target = clean(row[LINKNAME] or b"")
        found = self.find(target)
        if found is None:
            self._late.append((parent, name))
            return row
        if found[KIND] in (Kind.DIRECTORY, Kind.WHITEOUT):
            self.note(
                join(parent, name),
                f"a hard link to {shown(target)}, which is a {found[KIND].word}: kept as broken",
            )
            return row
        return link_to(found, name, target)

    def find(self, path: bytes) -> Row | None:
        """The row at a clean path, symlinked parents of this layer followed, nothing made."""
        parent, name = split(path)
        children = self.directories.get(parent)
        if children is None:
            if path in self.aside:
                return self.aside[path]
            # One hop suffices for what engines write; a longer way is a broken link.
            row = self.find(parent) if parent else None
            if row is None or row[KIND] is not Kind.SYMLINK:
                return None
            real = clean(
                row[LINKNAME] if row[LINKNAME].startswith(b"/") else join(split(parent)[0], row[LINKNAME])
            )
            children = self.directories.get(real)
        return children.get(name) if children is not None else None

    def settle(self) -> None:
        """Try once more the links whose target came after them."""
        for parent, name in self._late:
            children = self.directories.get(parent)
            row = children.get(name) if children is not None else None
            if children is None or row is None or row[KIND] is not Kind.HARDLINK:
                continue
            target = clean(row[LINKNAME] or b"")
            found = self.find(target)
            if found is not None and found[KIND] not in (Kind.DIRECTORY, Kind.WHITEOUT, Kind.HARDLINK):
                children[name] = link_to(found, name, target)
                self.note(
                    join(parent, name), "a hard link before its target: engines refuse it, read all the same"
                )
            elif found is None:
                self.note(
                    join(parent, name), f"a hard link to {shown(target)}, which this layer does not hold"
                )


def orphaned_size(links: dict[int, int], directories: Mapping[bytes, Mapping[bytes, Entry]]) -> int:
    """Bytes of groups that lost their first name to a later member of the same tar.

    ``links`` gives, for each place of content that further names lead to, its size.
    """
    if not links:
        return 0
    firsts = {e.offset for entries in directories.values() for e in entries.values() if not is_link(e)}
    return sum(size for offset, size in links.items() if offset not in firsts)


def linked_names(seen: Iterable[tuple[bytes, Entry]]) -> dict[bytes, Inode]:
    """Of paths that an image shows, those that are one file under several names, each with what names it."""
    names: defaultdict[Inode, list[bytes]] = defaultdict(list)
    for path, entry in seen:
        if entry.kind is Kind.FILE:
            target = entry.extra.hardlink if entry.extra and entry.extra.hardlink else path
            # The first name may be another file by now: then its content is elsewhere.
            names[target, entry.offset, entry.sha256].append(path)
    return {path: inode for inode, paths in names.items() if len(paths) > 1 for path in paths}


def is_link(entry: Entry) -> bool:
    """Whether the entry is a further name of a group."""
    return entry.extra is not None and entry.extra.hardlink is not None


def link_to(found: Row, name: bytes, target: bytes) -> Row:
    """``found`` under another name, remembered as a hard link to ``target``."""
    extra = (found[EXTRA] or Extra())._replace(hardlink=target)
    return (name, *found[1:EXTRA], extra)
