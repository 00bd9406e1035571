"""A directory as a source: an OCI image layout that lies unpacked on this machine."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import BinaryIO, cast

from layers.oci.archive.parts import Part
from layers.oci.archive.source import Node, Nodes
from layers.oci.changeset.entry import Kind
from layers.oci.errors import LimitExceeded
from layers.oci.limits import Limits


class DirectorySource:
    """An image layout, or an unpacked docker archive, in a directory that the caller chose.

    Symlinks in it are read, not followed by the system: none leads out of it.
    """

    def __init__(self, directory: Path, limits: Limits) -> None:
        self._directory = directory
        self._nodes = Nodes(_directory_nodes(directory, limits), limits)

    def names(self) -> frozenset[str]:
        return self._nodes.names()

    def find(self, name: str) -> Part | None:
        found = self._nodes.resolve(name)
        if found is None:
            return None
        target, nodes = found
        file = LateFile(self._directory / target)
        return Part(target, 0, nodes[-1].size, cast(BinaryIO, file))

    def whole(self) -> Part | None:
        return None


def _directory_nodes(directory: Path, limits: Limits) -> Iterator[tuple[str, Node]]:
    """Every path below ``directory`` but the directories on the way, which ``os.walk`` does not follow."""
    count = 0
    for folder, directories, files in os.walk(directory):
        for name in (*directories, *files):
            count += 1
            if count > limits.archive_members:
                raise LimitExceeded("archive_members", limits.archive_members, "more", str(directory))
            path = Path(folder, name)
            yield path.relative_to(directory).as_posix(), _node(path)


def _node(path: Path) -> Node:
    status = path.lstat()
    if S_ISREG(status.st_mode):
        return Node(Kind.FILE, size=status.st_size)
    if S_ISLNK(status.st_mode):
        return Node(Kind.SYMLINK, str(path.readlink()))
    return Node(Kind.DIRECTORY if S_ISDIR(status.st_mode) else Kind.UNKNOWN)


class LateFile(io.RawIOBase):
    """A file that is opened when it is first read: a layout has more blobs than a process descriptors."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: io.FileIO | None = None

    def _file(self) -> io.FileIO:
        if self._opened is None:
            no_link = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            self._opened = io.FileIO(no_link, "rb")
        return self._opened

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file().fileno()

    def readinto(self, buffer: object) -> int | None:
        return self._file().readinto(buffer)  # type: ignore[arg-type]

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file().seek(offset, whence)

    def tell(self) -> int:
        return self._file().tell()

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        super().close()
