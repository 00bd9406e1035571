"""``cp`` out of a container: files and directories of it, written to this machine or as a tar."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from layers.models import Container
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import split
from layers.oci.errors import shown
from layers.operations.export_container import container_nodes
from layers.operations.export_tree import Node, export_tree
from layers.queries.container_files import open_container_file
from layers.queries.container_tree import container_lookup
from layers.queries.tree import NoSuchPath, TreeRow

PERMISSIONS = 0o777
"""Without setuid and setgid: the files become those of whoever copies them."""


def tar_out(container: Container, source: bytes, *, follow: bool) -> Iterator[bytes]:
    """What is at ``source``, and below it, as a tar; its own name comes first in every path."""
    return export_tree(nodes_of(container, wanted(container, source, follow)))


def copy_out(container: Container, source: bytes, target: str, *, archive: bool, follow: bool) -> None:
    """Copy what is at ``source`` to ``target`` of this machine, by docker's rules.

    Files belong to whoever runs this, unless ``archive`` keeps the owners.
    """
    row = wanted(container, source, follow)
    place, is_directory = Path(target), row.entry.kind is Kind.DIRECTORY
    if place.is_dir():
        if not (is_directory and source.endswith(b"/.")):
            place = place / os.fsdecode(row.name or b".")
    elif target.endswith("/") and not is_directory:
        raise CommandError(_("destination directory %(path)s does not exist") % {"path": shown(target)})
    elif is_directory and place.exists():
        raise CommandError(_("cannot copy a directory to a file: %(path)s") % {"path": shown(target)})
    try:
        write_nodes(nodes_of(container, row), row.name, place, archive)
    except OSError as error:
        raise CommandError(f"{error.filename or target}: {error.strerror}") from error


def wanted(container: Container, source: bytes, follow: bool) -> TreeRow:
    """What is copied; symlinks in its directories are followed, and with ``follow`` one at its end."""
    path = source.strip(b"/")
    try:
        if follow or source.endswith((b"/", b"/.")) or not path:
            return container_lookup(container, path, follow=True)
        above, name = split(path)
        parent = container_lookup(container, above, follow=True)
        return container_lookup(container, parent.path + b"/" + name if parent.path else name)
    except NoSuchPath as error:
        message = _("Could not find the file %(path)s in container %(container)s")
        raise CommandError(message % {"path": os.fsdecode(source), "container": container.name}) from error


def nodes_of(container: Container, row: TreeRow) -> Iterator[Node]:
    """A directory with all below it, or the one path, under its own name."""
    if row.entry.kind is Kind.DIRECTORY:
        return container_nodes(container, row.path)
    read = open_container_file(container, row.path).chunks if row.entry.kind is Kind.FILE else tuple
    return iter([Node(row.name, row.entry, None, read)])


def write_nodes(nodes: Iterator[Node], name: bytes, place: Path, archive: bool) -> None:
    """Write each node below ``place``, which stands for ``name``; directories get their times in the end."""
    folders: list[tuple[Path, Node]] = []
    if not name:
        place.mkdir(exist_ok=True)
    for node in nodes:
        inner = os.fsdecode(node.path[len(name) :].lstrip(b"/"))
        path = place / inner if inner else place
        if node.entry.kind is Kind.DIRECTORY:
            make_folder(path)
            folders.append((path, node))
        else:
            write_node(path, node, archive)
    for path, node in reversed(folders):
        finish(path, node, archive)


def make_folder(path: Path) -> None:
    """A directory, new or there; a symlink is not followed, wherever an earlier copy may have left it."""
    if path.is_symlink():
        path.unlink()
    path.mkdir(exist_ok=True)


def write_node(path: Path, node: Node, archive: bool) -> None:
    """Anything but a directory; what is there gives way. Devices are left out."""
    kind = node.entry.kind
    if kind not in (Kind.FILE, Kind.SYMLINK, Kind.FIFO):
        return
    new = path.with_name(f".{path.name[:200]}.copying")
    new.unlink(missing_ok=True)
    if kind is Kind.SYMLINK:
        new.symlink_to(os.fsdecode(node.entry.linkname or b""))
    elif kind is Kind.FIFO:
        os.mkfifo(new)
    else:
        with new.open("xb") as file:
            for chunk in node.read():
                file.write(chunk)
    finish(new, node, archive)
    new.replace(path)


def finish(path: Path, node: Node, archive: bool) -> None:
    """Owner, mode and time, in the order in which they last."""
    entry = node.entry
    if archive:
        os.chown(path, entry.uid, entry.gid, follow_symlinks=False)
    if entry.kind is not Kind.SYMLINK:
        path.chmod(entry.mode & (0o7777 if archive else PERMISSIONS))
    os.utime(path, (entry.mtime, entry.mtime), follow_symlinks=False)
