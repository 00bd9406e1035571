"""What a container changed, as ``docker diff`` says it: the merged view against the image.

It costs what the edits cost: only the upper's entries are looked at, and what
the image had in directories that hide it.
"""

from collections.abc import Iterator

from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join, split
from layers.oci.unionfs.diff import Change, ChangeKind, Reason, compare
from layers.oci.unionfs.mergedview import MergedView, UpperEntry


def upper_changes(view: MergedView) -> list[Change]:
    """Every path that differs or that the upper holds, by directory and then name."""
    found = {join(change.directory, change.name): change for change in _compared(view)}
    told: set[bytes] = set()
    for path in [path for path, change in found.items() if not change.silent]:
        while (path := split(path)[0]) and path not in told:
            told.add(path)
            found[path] = _shown(found[path])
    return sorted(found.values(), key=lambda change: (change.directory, change.name))


def _shown(change: Change) -> Change:
    """A directory with something told below it: C itself, if it was a directory before."""
    if change.kind is not ChangeKind.CHANGED or change.reasons & Reason.TYPE:
        return change
    return change._replace(reasons=(change.reasons & ~Reason.IDENTICAL) | Reason.PARENT, silent=False)


def _compared(view: MergedView) -> Iterator[Change]:
    """The rows of the upper's entries, each by itself."""
    for path, own in view.entries.items():
        image = view.image_at(path)
        change = _change(path, own, image)
        if change is not None:
            yield change
        if own.kind is Kind.DIRECTORY and image is not None and image.kind is Kind.DIRECTORY:
            yield from _gone(view, path)


def _change(path: bytes, own: UpperEntry, image: Entry | None) -> Change | None:
    directory, name = split(path)
    if own.kind is Kind.WHITEOUT:
        return image and Change(directory, name, ChangeKind.DELETED, 0, False, None, image)
    entry = own.as_entry()
    if image is None:
        return Change(directory, name, ChangeKind.ADDED, 0, False, entry, None)
    reasons, visible = compare(image, entry)
    return Change(directory, name, ChangeKind.CHANGED, reasons, not visible, entry, image)


def _gone(view: MergedView, path: bytes) -> Iterator[Change]:
    """What the image had in a directory that hides it, and that did not come back."""
    if not view.hides(path):
        return
    for name, image in (view.image_children(path) or {}).items():
        if view.own(join(path, name)) is None:
            yield Change(path, name, ChangeKind.DELETED, 0, False, None, image)
