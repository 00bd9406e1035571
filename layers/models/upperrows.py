"""The column for what an edit changed: entries of an upper as JSON, so that they can be put back."""

from base64 import b64decode, b64encode

from layers.models.extra import pack_extra, unpack_extra
from layers.oci.changeset.entry import Kind
from layers.oci.unionfs.mergedview import UpperEntry

Packed = list[object] | None


def pack_row(entry: UpperEntry | None) -> Packed:
    """An entry, its bytes in base64."""
    if entry is None:
        return None
    return [
        _text(entry.path),
        int(entry.kind),
        *entry[2:7],
        _text(entry.sha256),
        entry.content,
        entry.origin,
        _text(entry.linkname),
        _text(pack_extra(entry.extra)),
        entry.opaque,
        entry.group,
        entry.lower,
    ]


def unpack_row(packed: Packed) -> UpperEntry | None:
    """The entry that :func:`pack_row` packed."""
    if packed is None:
        return None
    path, kind, mode, uid, gid, size, mtime, sha256, content, origin, linkname, extra, *rest = packed
    return UpperEntry(
        _bytes(path) or b"",
        Kind(kind),
        mode,
        uid,
        gid,
        size,
        mtime,
        _bytes(sha256),
        content,
        origin,
        _bytes(linkname),
        unpack_extra(_bytes(extra)),
        *rest,
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value)
