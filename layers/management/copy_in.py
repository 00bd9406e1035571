"""``cp`` into a container: what lies on this machine as a tar, which the container unpacks."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from layers.models import Container
from layers.oci.changeset.chunks import read_chunks
from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.paths import as_text, join, split
from layers.oci.changeset.writer import write_changeset
from layers.oci.errors import OCIError, shown
from layers.operations.unpack_tar import unpack_tar
from layers.queries.container_tree import container_lookup
from layers.queries.tree import NoSuchPath, TreeRow

KINDS: Final = {
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.DIRECTORY,
    stat.S_IFLNK: Kind.SYMLINK,
    stat.S_IFCHR: Kind.CHARACTER,
    stat.S_IFBLK: Kind.BLOCK,
    stat.S_IFIFO: Kind.FIFO,
}
"""A socket is in no tar."""


def copy_in(container: Container, source: str, target: str, *, archive: bool, follow: bool) -> None:
    """Copy ``source`` of this machine to ``target`` of the container, by docker's rules.

    Owners become root's, unless ``archive`` keeps them; ``follow`` copies what a symlink leads to.
    """
    try:
        status = os.stat(source) if follow or source.endswith("/") else os.lstat(source)
    except OSError as error:
        raise CommandError(f"lstat {source}: {(error.strerror or '').lower()}") from error
    is_directory = stat.S_ISDIR(status.st_mode)
    directory, name = destination(container, os.fsencode(target), source, is_directory)
    members = dict(found(Path(source), name, is_directory, archive=archive, follow=follow))
    tar = write_changeset(members, lambda member: content(members[member]))
    label = _("copy %(source)s to /%(path)s") % {"source": Path(source).name, "path": as_text(directory)}
    try:
        unpack_tar(container=container, directory=directory, stream=tar, label=label)
    except OCIError:
        raise
    except (OSError, ValueError) as error:
        raise CommandError(_("%(source)s: %(error)s") % {"source": source, "error": error}) from error


def destination(container: Container, target: bytes, source: str, is_directory: bool) -> tuple[bytes, bytes]:
    """The directory to unpack into, and the name the source gets there: none for a directory's content."""
    row = existing(container, target)
    path = target.strip(b"/")
    if row is None:
        above, name = split(path)
        parent = existing(container, above)
        if (
            parent is None
            or parent.entry.kind is not Kind.DIRECTORY
            or (target.endswith(b"/") and not is_directory)
        ):
            raise CommandError(
                _("destination directory %(path)s does not exist in %(container)s")
                % {"path": shown(b"/" + (above if parent is None else path)), "container": container.name}
            )
        return above, name
    if row.entry.kind is Kind.DIRECTORY:
        whole = is_directory and (source.endswith("/.") or source == ".")
        return row.path, b"" if whole else os.fsencode(os.path.basename(os.path.abspath(source)))
    if is_directory or target.endswith(b"/"):
        raise CommandError(_("cannot copy a directory to a file: %(path)s") % {"path": shown(b"/" + path)})
    return split(row.path)


def existing(container: Container, path: bytes) -> TreeRow | None:
    """What ``path`` leads to in the container, if anything."""
    try:
        return container_lookup(container, path.strip(b"/"), follow=True)
    except NoSuchPath:
        return None


def found(
    source: Path, name: bytes, is_directory: bool, *, archive: bool, follow: bool
) -> Iterator[tuple[Member, Path]]:
    """The source and all below it as members, each with where it lies."""
    if name:
        yield from member_of(source, name, archive, follow=follow)
    if not is_directory:
        return
    for directory, folders, files in os.walk(source):
        below = os.fsencode(os.path.relpath(directory, source))
        folders.sort()
        for each in [*folders, *files]:
            path = join(name, os.fsencode(each) if below == b"." else join(below, os.fsencode(each)))
            yield from member_of(Path(directory, each), path, archive)


def member_of(
    place: Path, path: bytes, archive: bool, *, follow: bool = False
) -> Iterator[tuple[Member, Path]]:
    """One path as a member; nothing for a socket."""
    status = place.stat() if follow else place.lstat()
    kind = KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is None:
        return
    is_device = kind in (Kind.CHARACTER, Kind.BLOCK)
    yield (
        Member(
            path,
            kind,
            stat.S_IMODE(status.st_mode),
            status.st_uid if archive else 0,
            status.st_gid if archive else 0,
            status.st_size if kind is Kind.FILE else 0,
            int(status.st_mtime),
            0,
            None,
            os.fsencode(os.readlink(place)) if kind is Kind.SYMLINK else None,
            Extra(rdev=(os.major(status.st_rdev), os.minor(status.st_rdev))) if is_device else None,
        ),
        place,
    )


def content(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        yield from read_chunks(file, 0, os.fstat(file.fileno()).st_size)
