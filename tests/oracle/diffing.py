"""``docker diff`` of two recorded trees, worked out from the rules alone, by none of the program's code."""

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
Tree = dict[bytes, Row]
SEEN = ("type", "mode", "uid", "gid", "rdev")


def expected_diff(before: Tree, after: Tree) -> list[tuple[str, bytes]]:
    """The rows that tell the way from one tree to the other, by path."""
    rows: dict[bytes, str] = {}
    for path in before.keys() | after.keys():
        kind = own_kind(path, before, after)
        if kind:
            rows[path] = kind
    for path in list(rows):
        for parent in parents(path):
            if is_directory(before, parent) and is_directory(after, parent):
                rows.setdefault(parent, "C")
    return sorted((kind, path) for path, kind in rows.items())


def own_kind(path: bytes, before: Tree, after: Tree) -> str:
    if path not in before:
        return "A"
    if path not in after:
        above = next(parents(path), b"")
        # Of what is gone only the top is told, and nothing of what a file took the place of.
        return "D" if not above or is_directory(after, above) else ""
    return "C" if differs(before[path], after[path]) else ""


def parents(path: bytes) -> Iterator[bytes]:
    """The directories above, nearest first, without the root."""
    while b"/" in path:
        path = path.rpartition(b"/")[0]
        yield path


def is_directory(tree: Tree, path: bytes) -> bool:
    return path in tree and tree[path]["type"] == "dir"


def differs(old: Row, new: Row) -> bool:
    """Metadata only, whole seconds, and of links the length."""
    if any(old.get(key) != new.get(key) for key in SEEN):
        return True
    if capability(old) != capability(new):
        return True
    if old["type"] == "dir":
        return False
    return (old.get("size", 0), old["mtime"], link_size(old)) != (
        new.get("size", 0),
        new["mtime"],
        link_size(new),
    )


def capability(row: Row) -> object:
    return (row.get("xattrs") or {}).get("security.capability")


def link_size(row: Row) -> int:
    return len(row.get("linkname") or "")
