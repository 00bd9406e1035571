"""Two merged trees compared, as ``docker diff`` would tell the step from one to the other."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join
from layers.oci.unionfs.diff import IDENTICAL, PARENT, TYPE, Change, ChangeKind, compare
from layers.oci.unionfs.mergedview import UPPER, Load
from layers.oci.unionfs.tree import Children

SAME_ENTRY = 0
"""Stands for the reasons of a directory that is one and the same entry in both trees."""


@dataclass(slots=True)
class _Level:
    """A directory that is being compared."""

    path: bytes
    own: Change | None
    """Its own row, as long as it is not known whether anything below it is told."""
    lower: Children
    upper: Children
    names: Iterator[bytes]


def differences(
    touched: Collection[bytes], before: Load, after: Load, *, rewritten: bool = False
) -> Iterator[Change]:
    """What changed from the tree ``before`` to the tree ``after``, found as it is asked for.

    Both give a directory's entries, or None where it is none. Directories that both have are
    looked into only where ``touched`` holds them: every one whose own entries may differ, and
    those above it. What is told comes in the order of a walk, a directory before what is in it;
    silent rows come when they are found. ``rewritten`` adds what differs in nothing but in the
    layer it came from, silently.
    """
    stack = [_level(b"", None, before, after)]
    while stack:
        level = stack[-1]
        name = next(level.names, None)
        if name is None:
            own = stack.pop().own
            if own is not None and own.reasons != SAME_ENTRY:
                yield from _told(own, stack)
            continue
        change = _compare(level, name, rewritten)
        if change is None:
            continue
        is_directory = change.entry is not None and change.entry.kind is Kind.DIRECTORY
        stays = change.lower is not None and not change.reasons & TYPE
        path = join(level.path, name) if is_directory else b""
        if is_directory and stays and path in touched:
            stack.append(_level(path, change, before, after))
        elif change.reasons != SAME_ENTRY or not stays or not is_directory:
            if stack[-1].own is None:  # the directories above are told already: of very many rows, most
                yield change
            else:
                yield from _told(change, stack)
            if is_directory and not stays:
                stack.append(_level(path, None, before, after))


def _level(path: bytes, own: Change | None, before: Load, after: Load) -> _Level:
    lower, upper = before(path) or {}, after(path) or {}
    return _Level(path, own, lower, upper, iter(sorted(lower.keys() | upper.keys())))


def _told(change: Change, stack: list[_Level]) -> Iterator[Change]:
    """A row, after those of the directories above it, each of which it makes C unless it is silent."""
    first = len(stack)
    while not change.silent and stack[first - 1].own is not None:
        first -= 1  # ends at the root, which has no row, or below a directory that is told already
    for level in stack[first:]:
        own, level.own = level.own, None
        if own is not None:
            yield own._replace(reasons=own.reasons & ~IDENTICAL | PARENT, silent=False)
    yield change


def _compare(level: _Level, name: bytes, rewritten: bool) -> Change | None:
    """The row of one name; None where there is nothing to tell and nothing to look into."""
    old, new = level.lower.get(name), level.upper.get(name)
    if old is None:
        return Change(level.path, name, ChangeKind.ADDED, 0, False, new, None)
    if new is None:
        return Change(level.path, name, ChangeKind.DELETED, 0, False, None, old)
    if new.number == old.number != UPPER:
        reasons, visible = SAME_ENTRY, False
    elif _equal(old, new):
        reasons, visible = IDENTICAL if rewritten else SAME_ENTRY, False
    else:
        reasons, visible = compare(old, new)
        if reasons == IDENTICAL and not rewritten:
            reasons = SAME_ENTRY
    if reasons == SAME_ENTRY and new.kind is not Kind.DIRECTORY:
        return None
    return Change(level.path, name, ChangeKind.CHANGED, reasons, not visible, new, old)


def _equal(old: Entry, new: Entry) -> bool:
    """Whether all is the same but the number and where the data lies; quicker than to find reasons."""
    return old[1:8] == new[1:8] and old[9:] == new[9:]
