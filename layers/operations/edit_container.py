"""Edit a container's files: one path operation a step, each undone by one ``undo``.

Paths are bytes without a leading slash; a symlink among their directories leads
on, inside the container only. Contents are written by ``write_file``.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from layers.models import Container
from layers.oci.changeset.paths import as_text, join, split
from layers.operations.editing import EditConflict, editing

__all__ = [
    "EditConflict",
    "change_mode",
    "change_owner",
    "copy_path",
    "copy_paths",
    "make_directory",
    "make_symlink",
    "move_path",
    "move_paths",
    "remove_paths",
    "restore_path",
    "restore_paths",
]


def make_directory(*, container: Container, path: bytes, mode: int = 0o755, parents: bool = False) -> None:
    """A new directory; with ``parents``, those above it as well, and none is made where one is.

    Raises:
        EditRefused: something is in the way, or there is nothing to put it in.
    """
    with editing(container, _("make directory /%(path)s") % {"path": as_text(path)}) as upper:
        if parents:
            upper.make_parents(path)
        else:
            upper.mkdir(path, mode)


def remove_paths(*, container: Container, paths: Sequence[bytes]) -> None:
    """Delete files and whole directories. Raises ``EditRefused`` where one does not exist: all stay then."""
    with editing(container, _several(_("delete"), paths)) as upper:
        for path in top_paths(paths):
            upper.remove(path)


def move_path(*, container: Container, source: bytes, target: bytes, replace: bool = False) -> None:
    """Move, or rename, to where nothing is; with ``replace``, a file may take another's place.

    Raises:
        EditRefused: the source does not exist, or something is in the way.
    """
    label = _("move /%(source)s to /%(target)s") % {"source": as_text(source), "target": as_text(target)}
    with editing(container, label) as upper:
        upper.rename(source, target, replace=replace)


def copy_path(*, container: Container, source: bytes, target: bytes) -> None:
    """Copy, directories whole, to where nothing is; mode, owner, attributes and times come along.

    Raises:
        EditRefused: the source does not exist, or something is in the way.
    """
    label = _("copy /%(source)s to /%(target)s") % {"source": as_text(source), "target": as_text(target)}
    with editing(container, label) as upper:
        upper.copy(source, target)


def move_paths(
    *, container: Container, paths: Sequence[bytes], directory: bytes, replace: bool = False
) -> None:
    """Move several into a directory that is there, each under its own name. Raises as :func:`move_path`."""
    with editing(container, _into(_several(_("move"), paths), directory)) as upper:
        for path in top_paths(paths):
            upper.rename(path, join(directory, split(path)[1]), replace=replace)


def copy_paths(*, container: Container, paths: Sequence[bytes], directory: bytes) -> None:
    """Copy several into a directory that is there, each under its own name. Raises as :func:`copy_path`."""
    with editing(container, _into(_several(_("copy"), paths), directory)) as upper:
        for path in top_paths(paths):
            upper.copy(path, join(directory, split(path)[1]))


def change_mode(*, container: Container, paths: Sequence[bytes], mode: int, recursive: bool = False) -> None:
    """Set permission bits, setuid, setgid and sticky too. Raises ``EditRefused``: see ``Upper.chmod``."""
    with editing(container, _several(f"chmod {mode:o}", paths)) as upper:
        for path in paths:
            upper.chmod(path, mode, recursive=recursive)


def change_owner(
    *, container: Container, paths: Sequence[bytes], uid: int, gid: int, recursive: bool = False
) -> None:
    """Set the owner, of a symlink itself. Raises ``EditRefused``: see ``Upper.chown``."""
    with editing(container, _several(f"chown {uid}:{gid}", paths)) as upper:
        for path in paths:
            upper.chown(path, uid, gid, recursive=recursive)


def make_symlink(*, container: Container, path: bytes, target: bytes) -> None:
    """A new symlink, to what may not exist. Raises ``EditRefused`` where something is in the way."""
    label = _("link /%(path)s to %(target)s") % {"path": as_text(path), "target": as_text(target)}
    with editing(container, label) as upper:
        upper.symlink(path, target)


def restore_path(*, container: Container, path: bytes) -> None:
    """Make a path, and all below it, what the image has there: nothing, if it has nothing.

    Raises:
        EditRefused: it is as the image has it, or stands below something that replaces its directory.
    """
    restore_paths(container=container, paths=[path])


def restore_paths(*, container: Container, paths: Sequence[bytes]) -> None:
    """:func:`restore_path` for several, as one step."""
    with editing(container, _several(_("restore"), paths)) as upper:
        for path in top_paths(paths):
            upper.restore(path)


def top_paths(paths: Sequence[bytes]) -> list[bytes]:
    """The paths that do not lie below another one of them."""
    found: list[bytes] = []
    for path in sorted({path.strip(b"/") for path in paths}, key=lambda path: path.split(b"/")):
        if not found or not path.startswith(found[-1] + b"/"):
            found.append(path)
    return found


def _into(label: str, directory: bytes) -> str:
    return _("%(label)s into /%(path)s") % {"label": label, "path": as_text(directory)}


def _several(verb: str, paths: Sequence[bytes]) -> str:
    """What was done to which paths: the first of them is named."""
    text = f"{verb} /{as_text(paths[0].strip(b'/'))}" if paths else verb
    rest = len(paths) - 1
    more = ngettext("and %(count)d more", "and %(count)d more", rest) % {"count": rest}
    return f"{text} {more}" if rest > 0 else text
