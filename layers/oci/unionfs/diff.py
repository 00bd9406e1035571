"""Added, changed, deleted: two entries compared as ``docker diff`` compares them.

Docker looks at metadata, not content: type, mode, owner, device, size, time in
whole seconds, a symlink's length, ``security.capability`` (moby
``pkg/archive/changes_unix.go``; SEMANTICS recorded in tests/golden).
"""

from enum import IntEnum, IntFlag
from functools import cache
from typing import NamedTuple

from layers.oci.changeset.entry import Entry, Extra, Kind

CAPABILITY = b"security.capability"


class ChangeKind(IntEnum):
    """What became of a path. The values are stored."""

    ADDED = 0
    CHANGED = 1
    DELETED = 2

    @property
    def letter(self) -> str:
        """``A``, ``C`` or ``D``, as ``docker diff`` prints."""
        return "ACD"[self]


class Reason(IntFlag):
    """Why a path is changed. The bits are stored."""

    CONTENT = 1
    MODE = 2
    OWNER = 4
    MTIME = 8
    TYPE = 16
    LINK = 32
    XATTR = 64
    DEVICE = 128
    IDENTICAL = 256
    """Written again with everything the same."""
    PARENT = 512
    """Something below it is changed."""

    @property
    def words(self) -> tuple[str, ...]:
        """The names of the bits, lower case."""
        return reason_words(int(self))


@cache
def reason_words(bits: int) -> tuple[str, ...]:
    """The names of bits of :class:`Reason`; there are few combinations, and many rows."""
    return tuple(str(reason.name).lower() for reason in Reason if bits & reason)


class Change(NamedTuple):
    """One path that differs, or that a layer wrote again, with both its sides.

    ``silent`` where ``docker diff`` says nothing although the layer holds an entry.
    """

    directory: bytes
    name: bytes
    kind: ChangeKind
    reasons: int
    """Bits of :class:`Reason`; 0 for a path added or deleted."""
    silent: bool
    entry: Entry | None
    lower: Entry | None


NOTHING = Extra()
# Plain numbers: a flag costs more to combine than all else that a comparison does.
CONTENT, MODE, OWNER, MTIME, TYPE, LINK, XATTR, DEVICE, IDENTICAL, PARENT = map(int, Reason)


def compare(lower: Entry, entry: Entry) -> tuple[int, bool]:
    """The reasons why ``entry`` differs from ``lower``, and whether ``docker diff`` sees it."""
    if lower.kind is not entry.kind:
        return TYPE, True
    reasons = _seen(lower, entry)
    visible = reasons != 0
    old, new = lower.extra or NOTHING, entry.extra or NOTHING
    if old.rdev != new.rdev:
        reasons |= DEVICE
        visible = True
    if old.xattrs != new.xattrs:
        reasons |= XATTR
        visible = visible or dict(old.xattrs).get(CAPABILITY) != dict(new.xattrs).get(CAPABILITY)
    if lower.sha256 != entry.sha256:
        reasons |= CONTENT
    if lower.linkname != entry.linkname:
        reasons |= LINK
        visible = visible or len(lower.linkname or b"") != len(entry.linkname or b"")
    if lower.mtime != entry.mtime or old.mtime_ns != new.mtime_ns:
        reasons |= MTIME
    return reasons or IDENTICAL, visible


def _seen(lower: Entry, entry: Entry) -> int:
    """The reasons among the plain columns that ``docker diff`` looks at."""
    reasons = 0
    if lower.mode != entry.mode:
        reasons |= MODE
    if lower.uid != entry.uid or lower.gid != entry.gid:
        reasons |= OWNER
    if entry.kind is not Kind.DIRECTORY:
        if lower.size != entry.size:
            reasons |= CONTENT
        if lower.mtime != entry.mtime:
            reasons |= MTIME
    return reasons
