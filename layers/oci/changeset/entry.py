"""What a tar member is, and what a layer holds at a path."""

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """The type of a path; values are stored, so they never change."""

    FILE = 0
    DIRECTORY = 1
    SYMLINK = 2
    CHARACTER = 3
    BLOCK = 4
    FIFO = 5
    HARDLINK = 6
    """A hard link whose target this layer does not hold (a lower one may)."""
    WHITEOUT = 7
    """Deletes its name from the layers below (image-spec layer.md, "Whiteouts")."""
    OPAQUE = 8
    """Deletes everything below its directory ("Opaque Whiteout")."""
    UNKNOWN = 9
    """A type flag no engine extracts; kept and shown."""

    @property
    def word(self) -> str:
        """The name used in listings: ``file``, ``dir``, ``symlink``, …"""
        return WORDS[self]


WORDS = ("file", "dir", "symlink", "char", "block", "fifo", "hardlink", "whiteout", "opaque", "unknown")


class Extra(NamedTuple):
    """What few entries have. One is shared by none: ``None`` stands for all defaults."""

    mtime_ns: int = 0
    """Nanoseconds past ``mtime``, 0 to 999,999,999."""
    xattrs: tuple[tuple[bytes, bytes], ...] = ()
    rdev: tuple[int, int] | None = None
    """Major and minor number of a device."""
    sparse: tuple[tuple[int, int], ...] = ()
    """Regions (offset in the file, length) whose bytes are stored, back to back."""
    hardlink: bytes | None = None
    """Path of the member this one is a hard link to, of the same layer."""
    implicit: bool = False
    """No member names this directory; a member below it implies it."""
    note: str = ""
    """What is odd about the member, for the fidelity report."""


class Member(NamedTuple):
    """One member as the archive means it: long names, PAX records and links applied."""

    path: bytes
    """As written: not cleaned."""
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    """Bytes of the content; for a sparse file with its holes."""
    mtime: int
    offset: int
    """Where the content starts in the tar."""
    sha256: bytes | None
    linkname: bytes | None
    extra: Extra | None


class Entry(NamedTuple):
    """One path in a layer, with the number it has in the library.

    The fields are in the order of the columns of ``layers.models.FileEntry``:
    an entry *is* its row. ``number`` is unique in a library, and contiguous over
    the entries of one directory of one layer.
    """

    number: int
    name: bytes
    kind: Kind
    mode: int
    """Permission bits with setuid, setgid and sticky: ``0o0000`` to ``0o7777``."""
    uid: int
    gid: int
    size: int
    mtime: int
    """Whole seconds since 1970."""
    offset: int
    """Where the data starts in the uncompressed tar, in bytes."""
    sha256: bytes | None
    """Of the content; ``None`` where there is none."""
    linkname: bytes | None
    """Target of a symlink, or of a hard link that is not resolved."""
    extra: Extra | None
