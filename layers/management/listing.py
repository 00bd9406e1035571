"""A path of a merged tree as a row: of JSON, or of a table like that of ``ls -l``."""

import stat
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Final

from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import as_text
from layers.queries.tree import TreeRow

NANO: Final = 10**9
FORMATS: Final = {
    Kind.FILE: stat.S_IFREG,
    Kind.DIRECTORY: stat.S_IFDIR,
    Kind.SYMLINK: stat.S_IFLNK,
    Kind.CHARACTER: stat.S_IFCHR,
    Kind.BLOCK: stat.S_IFBLK,
    Kind.FIFO: stat.S_IFIFO,
}
HEADER: Final = ("MODE", "UID", "GID", "SIZE", "MODIFIED", "LAYER", "NAME")


def printable(name: bytes) -> str:
    """On one line, and nothing in it that a terminal obeys."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def text_fields(name: str, value: bytes) -> dict[str, str]:
    """A name, and its bytes in base64 where they are not UTF-8."""
    fields = {name: as_text(value)}
    if fields[name].encode() != value:
        fields[f"{name}_b64"] = b64encode(value).decode()
    return fields


def as_json(row: TreeRow) -> dict[str, Any]:
    """All that is known of the path; ``layer`` is the position of the layer it came from."""
    entry = row.entry
    fields: dict[str, Any] = {
        **text_fields("path", b"/" + row.path),
        "type": entry.kind.word,
        "mode": f"{entry.mode:04o}",
        "uid": entry.uid,
        "gid": entry.gid,
        "mtime": entry.mtime,
        **content_fields(entry),
        **extra_fields(entry),
    }
    return fields | {"layer": row.position}


def content_fields(entry: Entry) -> dict[str, Any]:
    """What the type of the path brings with it."""
    if entry.kind is Kind.FILE:
        return {"size": entry.size, "sha256": entry.sha256.hex() if entry.sha256 else None}
    return text_fields("linkname", entry.linkname) if entry.linkname is not None else {}


def extra_fields(entry: Entry) -> dict[str, Any]:
    """What few paths have."""
    extra = entry.extra
    if extra is None:
        return {}
    fields: dict[str, Any] = {}
    if extra.mtime_ns:
        fields["mtime_ns"] = entry.mtime * NANO + extra.mtime_ns
    if extra.xattrs:
        fields["xattrs"] = {as_text(name): b64encode(value).decode() for name, value in extra.xattrs}
    if extra.rdev is not None:
        fields["rdev"] = list(extra.rdev)
    return fields | ({"implicit": True} if extra.implicit else {})


def cells(row: TreeRow, name: bytes) -> tuple[str, ...]:
    """The columns of :data:`HEADER`; devices have their numbers for a size."""
    entry = row.entry
    numbers = entry.extra.rdev if entry.extra else None
    arrow = f" -> {printable(entry.linkname)}" if entry.linkname is not None else ""
    return (
        stat.filemode(FORMATS.get(entry.kind, 0) | entry.mode),
        str(entry.uid),
        str(entry.gid),
        f"{numbers[0]}, {numbers[1]}" if numbers else str(entry.size),
        moment(entry.mtime),
        str(row.position),
        printable(name) + arrow,
    )


def moment(seconds: int) -> str:
    """In UTC; the bare number where no calendar reaches."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, OSError, ValueError):
        return str(seconds)
