"""A directory, or a whole root filesystem, as a tar: what is seen there, hard links kept."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final, NamedTuple

from layers.models import Image
from layers.oci.changeset.chunks import gathered
from layers.oci.changeset.entry import Entry, Kind, Member
from layers.oci.changeset.paths import as_text, join, split
from layers.oci.changeset.writer import write_in_order
from layers.queries.forward import ForwardFiles
from layers.queries.tree import TreeRow, lookup, walk

LEFT_OUT: Final = (Kind.HARDLINK, Kind.UNKNOWN)
"""What leads nowhere, and what no engine extracts."""


class Node(NamedTuple):
    """One path to export."""

    path: bytes
    """In the tar, clean."""
    entry: Entry
    identity: Hashable
    """Regular files with the same one are hard links to each other; None for a file alone."""
    read: Callable[[], Iterable[bytes]]
    """The content of a regular file."""


def export_tree(nodes: Iterable[Node]) -> Iterator[bytes]:
    """The tar of ``nodes``, in chunks; directories come before what they hold, and no content is held.

    Raises:
        ContentMissing, MalformedLayer: a file cannot be read any more; the tar breaks off in front of it.
    """
    reads: dict[bytes, Callable[[], Iterable[bytes]]] = {}
    members = _members(nodes, reads)
    return gathered(write_in_order(members, lambda member: reads[member.path]()))


def _members(nodes: Iterable[Node], reads: dict[bytes, Callable[[], Iterable[bytes]]]) -> Iterator[Member]:
    """A member for each node; ``reads`` holds how the content of the latest one is read."""
    first: dict[Hashable, bytes] = {}
    for node in nodes:
        if node.entry.kind in LEFT_OUT:
            continue
        target = None
        if node.entry.kind is Kind.FILE and node.identity is not None:
            target = first.setdefault(node.identity, node.path)
        reads.clear()
        reads[node.path] = node.read
        yield _link(node, target) if target not in (None, node.path) else _member(node)


def _member(node: Node) -> Member:
    entry = node.entry
    size = entry.size if entry.kind is Kind.FILE else 0
    return Member(
        node.path,
        entry.kind,
        entry.mode,
        entry.uid,
        entry.gid,
        size,
        entry.mtime,
        0,
        entry.sha256,
        entry.linkname,
        entry.extra,
    )


def _link(node: Node, target: bytes | None) -> Member:
    return _member(node)._replace(kind=Kind.HARDLINK, linkname=target, size=0)


def image_nodes(image: Image, position: int, path: bytes = b"") -> Iterator[Node]:
    """A directory of an image as it is at a layer, under its own name; the root without one.

    Raises:
        NoSuchPath: nothing is there.
        NotADirectoryError: something else is there.
    """
    top = lookup(image, position, path, follow=True)
    if top.entry.kind is not Kind.DIRECTORY:
        raise NotADirectoryError(f"/{as_text(top.path)} is no directory.")
    return _image_nodes(image, position, top)


def _image_nodes(image: Image, position: int, top: TreeRow) -> Iterator[Node]:
    files = ForwardFiles(image)
    above = split(top.path)[0]
    if top.path:
        yield _image_node(files, top, above)
    for row in walk(image, position, top.path):
        yield _image_node(files, row, above)


def _image_node(files: ForwardFiles, row: TreeRow, above: bytes) -> Node:
    def read() -> Iterator[bytes]:
        return files.open(row.entry, row.position).chunks()

    path = row.path.removeprefix(join(above, b"")) if above else row.path
    return Node(path, row.entry, (row.position, row.entry.offset), read)
