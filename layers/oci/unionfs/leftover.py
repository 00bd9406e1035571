"""What stays in a container that moves to the image of its commit: the edits that the layer did not get."""

from collections.abc import Mapping

from layers.oci.changeset.paths import ancestors
from layers.oci.unionfs.mergedview import UpperEntry


def is_left_out(path: bytes, leave_out: frozenset[bytes]) -> bool:
    """Whether a commit leaves a path out: it is one of these, or lies below one."""
    return not leave_out.isdisjoint((path, *ancestors(path)))


def left_over(entries: Mapping[bytes, UpperEntry], leave_out: frozenset[bytes]) -> list[UpperEntry]:
    """The upper that shows over the new image what the old one showed over the base, by path.

    Where a path is left out, the new image has what the base has there, or
    nothing where a directory above hides that: what the old upper lay upon. So
    its entries stay as they are. Those above them are in the new image by now:
    they stand here as copied up. Other names of a file that has one left out
    stay too, or the link between them would break.
    """
    left = {path for path in entries if is_left_out(path, leave_out)} if leave_out else set()
    groups = {entries[path].group for path in left} - {0}
    kept = {path for path, own in entries.items() if own.group in groups} - left
    above = {directory for path in left | kept for directory in ancestors(path)[:-1]} - left - kept
    found = [entries[path] for path in left | kept]
    found += [entries[path]._replace(opaque=False) for path in above]
    return sorted(found, key=lambda own: own.path.split(b"/"))
