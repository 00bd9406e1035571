"""Two merged trees compared, as ``docker diff`` would tell the step from one to the other."""

from collections.abc import Callable, Iterable

from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import split
from layers.oci.unionfs.diff import Change, ChangeKind, Reason, compare
from layers.oci.unionfs.tree import Children

Load = Callable[[bytes], Children | None]


def differences(paths: Iterable[bytes], before: Load, after: Load) -> list[Change]:
    """What changed in the directories ``paths``, which hold all that differ; by directory, then name.

    ``before`` and ``after`` give a directory's entries, or None where it is none.
    """
    changes: dict[bytes, list[Change]] = {}
    for path in sorted(set(paths)):
        upper = after(path)
        if upper is not None:
            changes[path] = _compare_directory(path, before(path) or {}, upper)
    for path in sorted(changes, reverse=True):
        if path and any(not change.silent for change in changes[path]):
            _show_parent(changes, path)
    return [change for path in sorted(changes) for change in changes[path]]


def _compare_directory(path: bytes, lower: Children, upper: Children) -> list[Change]:
    changes = []
    for name in sorted(lower.keys() | upper.keys()):
        old, new = lower.get(name), upper.get(name)
        if old is None:
            changes.append(Change(path, name, ChangeKind.ADDED, 0, False, new, None))
        elif new is None:
            changes.append(Change(path, name, ChangeKind.DELETED, 0, False, None, old))
        elif new.number != old.number or new.kind is Kind.DIRECTORY:
            reasons, visible = compare(old, new)
            changes.append(Change(path, name, ChangeKind.CHANGED, reasons, not visible, new, old))
    return changes


def _show_parent(changes: dict[bytes, list[Change]], path: bytes) -> None:
    """Something below ``path`` is told, so it is C itself, if it was a directory before."""
    parent, name = split(path)
    siblings = changes.get(parent, [])
    for at, change in enumerate(siblings):
        if change.name == name and change.kind is ChangeKind.CHANGED and not change.reasons & Reason.TYPE:
            reasons = (change.reasons & ~Reason.IDENTICAL) | Reason.PARENT
            siblings[at] = change._replace(reasons=reasons, silent=False)
