"""A layer taken back: as the upper directory that a container had when it was committed."""

from collections.abc import Mapping

from layers.models import Chain, Directory
from layers.oci.changeset.entry import Entry, Extra, Kind
from layers.oci.changeset.paths import join
from layers.oci.unionfs.mergedview import UpperEntry
from layers.queries.directories import entries_between


def layer_upper(chain: Chain) -> Mapping[bytes, UpperEntry]:
    """The entries of the chain's top layer, by path; each file shares its content with its own entry.

    Directories that no member names are not among them.
    """
    last = chain.first_directory + chain.directory_count
    rows = Directory.objects.filter(pk__gte=chain.first_directory, pk__lt=last).order_by("pk")
    directories = list(rows.values_list("path", "first_entry", "entry_count", "cut"))
    cut = {bytes(path) for path, _first, _count, is_cut in directories if is_cut}
    found: dict[bytes, UpperEntry] = {}
    firsts: dict[bytes, int] = {}
    for directory, first, count, _is_cut in directories:
        for entry in entries_between(first, first + count):
            extra, path = entry.extra or Extra(), join(bytes(directory), entry.name)
            if extra.implicit:
                continue
            group = firsts.setdefault(extra.hardlink, len(firsts) + 1) if extra.hardlink else 0
            found[path] = _own(path, entry, extra, group, is_opaque=path in cut)
    for path, group in firsts.items():
        if path in found:
            found[path] = found[path]._replace(group=group)
    return found


def _own(path: bytes, entry: Entry, extra: Extra, group: int, *, is_opaque: bool) -> UpperEntry:
    kept = Extra(xattrs=extra.xattrs, rdev=extra.rdev) if extra.xattrs or extra.rdev else None
    return UpperEntry(
        path,
        entry.kind,
        entry.mode,
        entry.uid,
        entry.gid,
        entry.size,
        entry.mtime,
        entry.sha256,
        origin=entry.number if entry.kind is Kind.FILE else None,
        linkname=entry.linkname,
        extra=kept,
        opaque=is_opaque and entry.kind is Kind.DIRECTORY,
        group=group,
    )
