"""A container's directories as nodes to export: its upper over its image."""

from collections.abc import Iterator

from layers.models import Container
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import as_text, join, split
from layers.oci.unionfs.upper import Upper
from layers.operations.export_tree import Node
from layers.queries.container_files import open_content
from layers.queries.container_tree import container_lookup, container_walk
from layers.queries.forward import ForwardFiles
from layers.queries.tree import TreeRow
from layers.queries.uppers import open_upper


def container_nodes(container: Container, path: bytes = b"") -> Iterator[Node]:
    """A directory of a container as it is now, under its own name; the root without one.

    Raises:
        NoSuchPath: nothing is there.
        NotADirectoryError: something else is there.
    """
    top = container_lookup(container, path, follow=True)
    if top.entry.kind is not Kind.DIRECTORY:
        raise NotADirectoryError(f"/{as_text(top.path)} is no directory.")
    return _nodes(container, top)


def _nodes(container: Container, top: TreeRow) -> Iterator[Node]:
    upper, files = open_upper(container), ForwardFiles(container.image)
    above = join(split(top.path)[0], b"") if b"/" in top.path else b""
    if top.path:
        yield _node(container, upper, files, top, above)
    for row in container_walk(container, top.path):
        yield _node(container, upper, files, row, above)


def _node(container: Container, upper: Upper, files: ForwardFiles, row: TreeRow, above: bytes) -> Node:
    path, own = row.path.removeprefix(above), upper.own(row.path)
    if own is None:
        identity = (row.position, row.entry.offset)
        return Node(path, row.entry, identity, lambda: files.open(row.entry, row.position).chunks())
    group = ("upper", own.group) if own.group else None
    return Node(path, row.entry, group, lambda: open_content(container.image, own).chunks())
