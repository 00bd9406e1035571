"""An upper directory as the members of a layer's tar: what a commit writes."""

from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.unionfs.leftover import is_left_out
from layers.oci.unionfs.mergedview import MergedView, UpperEntry

OVERLAY_XATTRS = b"trusted.overlay."
"""Overlayfs keeps its own marks there: no layer may hold them."""


def upper_members(
    view: MergedView, clamp: int | None = None, leave_out: frozenset[bytes] = frozenset()
) -> list[tuple[Member, UpperEntry]]:
    """The members in path order, each with the entry that says where its content is.

    Times are whole seconds, as docker writes them, and none is later than
    ``clamp``. The first name of a hard link group is the file, the others link to
    it. Nothing at or below a path of ``leave_out`` is in it.
    """
    members: list[tuple[Member, UpperEntry]] = []
    firsts: dict[int, bytes] = {}
    for path in sorted(view.entries, key=lambda path: path.split(b"/")):
        if leave_out and is_left_out(path, leave_out):
            continue
        entry = view.entries[path]
        first = firsts.setdefault(entry.group, path) if entry.group else path
        members.append((_member(entry, first, clamp), entry))
        if entry.opaque:
            members.append((_opaque_mark(entry), entry))
    return members


def _member(entry: UpperEntry, first: bytes, clamp: int | None) -> Member:
    is_link = first != entry.path
    return Member(
        entry.path,
        Kind.HARDLINK if is_link else entry.kind,
        entry.mode,
        entry.uid,
        entry.gid,
        0 if is_link else entry.size,
        entry.mtime if clamp is None else min(entry.mtime, clamp),
        0,
        None if is_link else entry.sha256,
        first if is_link else entry.linkname,
        _extra(entry.extra),
    )


def _opaque_mark(entry: UpperEntry) -> Member:
    return Member(entry.path, Kind.OPAQUE, entry.mode, entry.uid, entry.gid, 0, 0, 0, None, None, None)


def _extra(extra: Extra | None) -> Extra | None:
    if extra is None:
        return None
    xattrs = tuple(pair for pair in extra.xattrs if not pair[0].startswith(OVERLAY_XATTRS))
    return Extra(xattrs=xattrs, rdev=extra.rdev) if xattrs or extra.rdev else None
