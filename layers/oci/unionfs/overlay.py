"""A layer laid upon a tree: the merged tree, what the layer changed in it, and why.

One pass over the layer's own entries, never over the whole image.
"""

from dataclasses import dataclass, field

from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join, split
from layers.oci.unionfs.diff import Change, ChangeKind, Reason, compare
from layers.oci.unionfs.extract import LayerTree
from layers.oci.unionfs.tree import Children, Tree, weight

DANGLING = "a whiteout for a path that no lower layer has"


@dataclass(slots=True)
class TouchedDirectory:
    """One directory of the merged tree that the layer touches, with its totals afterwards."""

    path: bytes
    first_entry: int
    entry_count: int
    cut: bool
    gone: bool = False
    size: int = 0
    count: int = 0
    added: int = 0
    changed: int = 0
    deleted: int = 0
    changes: list[Change] = field(default_factory=list)
    """Of the paths directly in it, by name."""

    @property
    def visible(self) -> int:
        """Rows of ``docker diff`` at or below its children."""
        return self.added + self.changed + self.deleted


@dataclass(slots=True)
class Overlay:
    """What laying one layer did."""

    directories: list[TouchedDirectory]
    """In path order."""
    notes: list[tuple[bytes, str]]

    @property
    def root(self) -> TouchedDirectory:
        return self.directories[0]


def lay(tree: Tree, layer: LayerTree) -> Overlay:
    """Lay ``layer`` upon ``tree``, which becomes the merged tree.

    Upon an empty tree everything is added; that is counted, but not listed.
    """
    bare = tree.is_empty
    touched: dict[bytes, TouchedDirectory] = {}
    notes: list[tuple[bytes, str]] = []
    for path, upper in layer.directories.items():
        if bare:
            touched[path] = _found(tree, path, upper, notes)
        else:
            _lay_directory(tree, layer, path, upper, touched, notes)
    for path in sorted(touched, reverse=True):
        _sum_up(tree, path, touched)
    return Overlay([touched[path] for path in sorted(touched)], notes)


def _found(tree: Tree, path: bytes, upper: Children, notes: list[tuple[bytes, str]]) -> TouchedDirectory:
    """One directory of the first layer, whose entries are all added."""
    first = next(iter(upper.values())).number if upper else 0
    here = TouchedDirectory(path, first, len(upper), cut=True)
    whiteouts = [name for name, entry in upper.items() if entry[2] is Kind.WHITEOUT]
    for name in whiteouts:
        notes.append((join(path, name), DANGLING))
    if whiteouts:
        upper = {name: entry for name, entry in upper.items() if name not in whiteouts}
    here.size = sum(map(weight, upper.values()))
    here.count = here.added = len(upper)
    tree.set(path, upper)
    return here


def _lay_directory(
    tree: Tree,
    layer: LayerTree,
    path: bytes,
    upper: Children,
    touched: dict[bytes, TouchedDirectory],
    notes: list[tuple[bytes, str]],
) -> None:
    """Merge one directory's entries, and record what that changed."""
    lower = tree.children(path)
    parent = touched.get(split(path)[0]) if path else None
    cut = lower is None or path in layer.cut or (parent is not None and parent.cut)
    first = next(iter(upper.values())).number if upper else 0
    here = touched[path] = TouchedDirectory(path, first, len(upper), cut)
    if not lower:
        _add_all(here, path, upper, notes)
        tree.set(path, {name: entry for name, entry in upper.items() if entry.kind is not Kind.WHITEOUT})
        tree.sizes.setdefault(path, 0)
        tree.counts.setdefault(path, 0)
        return
    _change(tree, here, lower, upper, touched, notes)
    if cut:
        for name in sorted(lower.keys() - upper.keys()):
            _delete(tree, here, lower[name], touched)
        merged: Children = {}
    else:
        merged = dict(lower)
    for name, entry in upper.items():
        if entry.kind is Kind.WHITEOUT:
            merged.pop(name, None)
        else:
            merged[name] = entry
    tree.set(path, merged)
    here.changes.sort(key=_name)


def _name(change: Change) -> bytes:
    return change.name


def _add_all(here: TouchedDirectory, path: bytes, upper: Children, notes: list[tuple[bytes, str]]) -> None:
    """Everything in a directory that was not there, or was empty, is added."""
    for name, entry in upper.items():
        if entry.kind is Kind.WHITEOUT:
            notes.append((join(path, name), DANGLING))
            continue
        here.changes.append(Change(path, name, ChangeKind.ADDED, 0, False, entry, None))
        here.size += weight(entry)
        here.count += 1
        here.added += 1


def _change(
    tree: Tree,
    here: TouchedDirectory,
    lower: Children,
    upper: Children,
    touched: dict[bytes, TouchedDirectory],
    notes: list[tuple[bytes, str]],
) -> None:
    """Compare each entry of the layer with what its path was."""
    for name, entry in upper.items():
        old = lower.get(name)
        if entry.kind is Kind.WHITEOUT:
            if old is None:
                notes.append((join(here.path, name), DANGLING))
            else:
                _delete(tree, here, old, touched)
        elif old is None:
            here.changes.append(Change(here.path, name, ChangeKind.ADDED, 0, False, entry, None))
            here.size += weight(entry)
            here.count += 1
            here.added += 1
        else:
            reasons, visible = compare(old, entry)
            here.changes.append(Change(here.path, name, ChangeKind.CHANGED, reasons, not visible, entry, old))
            here.size += weight(entry) - weight(old)
            here.changed += visible
            if old.kind is Kind.DIRECTORY and entry.kind is not Kind.DIRECTORY:
                _bury(tree, here, join(here.path, name), touched)


def _delete(tree: Tree, here: TouchedDirectory, old: Entry, touched: dict[bytes, TouchedDirectory]) -> None:
    """One D row: only the top of a deleted tree is told."""
    here.changes.append(Change(here.path, old.name, ChangeKind.DELETED, 0, False, None, old))
    here.size -= weight(old)
    here.count -= 1
    here.deleted += 1
    if old.kind is Kind.DIRECTORY:
        _bury(tree, here, join(here.path, old.name), touched)


def _bury(tree: Tree, here: TouchedDirectory, path: bytes, touched: dict[bytes, TouchedDirectory]) -> None:
    """Mark a directory and all below it as gone."""
    size, count = tree.totals(path)
    here.size -= size
    here.count -= count
    for gone in tree.remove(path):
        touched[gone] = TouchedDirectory(gone, 0, 0, cut=True, gone=True)


def _sum_up(tree: Tree, path: bytes, touched: dict[bytes, TouchedDirectory]) -> None:
    """Hand a directory's differences to its parent, and turn them into totals.

    Comes to children before parents. A directory is C when anything below it is
    (every ancestor that exists below, but not the root).
    """
    here = touched[path]
    if here.gone:
        return
    if path:
        _tell_parent(here, touched)
    size, count = tree.totals(path)
    here.size += size
    here.count += count
    tree.sizes[path], tree.counts[path] = here.size, here.count


def _tell_parent(here: TouchedDirectory, touched: dict[bytes, TouchedDirectory]) -> None:
    parent_path, name = split(here.path)
    parent = touched[parent_path]
    parent.size += here.size
    parent.count += here.count
    if here.visible and parent.changes:
        _show_parent(parent, name)
    parent.added += here.added
    parent.changed += here.changed
    parent.deleted += here.deleted


def _show_parent(parent: TouchedDirectory, name: bytes) -> None:
    """Make the directory ``name`` a visible C, if it is one that existed below."""
    at = _index(parent.changes, name)
    change = parent.changes[at]
    if change.kind is not ChangeKind.CHANGED or change.entry is None or change.reasons & Reason.TYPE:
        return
    parent.changed += change.silent
    reasons = (change.reasons & ~Reason.IDENTICAL) | Reason.PARENT
    parent.changes[at] = change._replace(reasons=reasons, silent=False)


def _index(changes: list[Change], name: bytes) -> int:
    low, high = 0, len(changes)
    while low < high:
        middle = (low + high) // 2
        if changes[middle].name < name:
            low = middle + 1
        else:
            high = middle
    return low
