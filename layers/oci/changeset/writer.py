"""A changeset as a tar: the same members in, the same bytes out.

What the reader reads, this writes: plain ustar, with a PAX header only in front
of a member that ustar cannot hold (POSIX.1-2001 pax, as Go's ``archive/tar``).
"""

from collections.abc import Callable, Iterable, Iterator
from struct import Struct
from typing import TypeVar

from layers.oci.changeset import pax, whiteout
from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.header import BLOCK
from layers.oci.changeset.paths import join, split
from layers.oci.changeset.stream import Bytes

TYPES = {
    Kind.FILE: b"0",
    Kind.HARDLINK: b"1",
    Kind.SYMLINK: b"2",
    Kind.CHARACTER: b"3",
    Kind.BLOCK: b"4",
    Kind.DIRECTORY: b"5",
    Kind.FIFO: b"6",
    Kind.WHITEOUT: b"0",
    Kind.OPAQUE: b"0",
}
USTAR = Struct("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x")
MAGIC = b"ustar\x0000"
NAME_SIZE, PREFIX_SIZE = 100, 155
LARGEST_ID = 0o7777777
LARGEST_NUMBER = 0o77777777777
END = bytes(2 * BLOCK)
WHITEOUT_MODE = 0o600

Chunk = TypeVar("Chunk", bound=Bytes)


def write_changeset(
    members: Iterable[Member], content: Callable[[Member], Iterable[Chunk]]
) -> Iterator[bytes | Chunk]:
    """The tar of ``members``, in chunks; ``content`` gives the bytes of a file that has any.

    Paths are clean. A whiteout has the path it deletes, an opaque mark the path
    of its directory, with its mode and owner, as docker writes it; a hard link a
    ``linkname`` that is a file of the same changeset. Members come out in path
    order, so parents stand before children, and hard links last. A sparse file
    is written with its holes filled.

    Raises:
        ValueError: a path that is there twice, a member no tar can hold, or
            content that is not as long as its member says.
    """
    yield from write_in_order(_once_each(in_tar_order(members)), content)


def write_in_order(
    members: Iterable[Member], content: Callable[[Member], Iterable[Chunk]]
) -> Iterator[bytes | Chunk]:
    """The tar of ``members`` as they come, none of them held: for those that stand in a right order already.

    Whiteouts have to be spelled out. Raises ``ValueError`` as :func:`write_changeset` does, save that
    a path may be there twice.
    """
    for member in members:
        yield _headers(member)
        if member.size:
            yield from _exactly(member, content(member))
    yield END


def written_size(members: Iterable[Member]) -> int:
    """Bytes of the tar that the writers make of ``members``."""
    return sum(len(_headers(m)) + m.size + -m.size % BLOCK for m in map(spelled, members)) + len(END)


def in_tar_order(members: Iterable[Member]) -> list[Member]:
    """The members as :func:`write_changeset` puts them into the tar: in order, whiteouts spelled out."""
    return sorted(map(spelled, members), key=_order)


def spelled(member: Member) -> Member:
    """The member under the name that a tar gives it."""
    directory, name = split(member.path)
    if member.kind is Kind.WHITEOUT:
        return member._replace(path=join(directory, whiteout.spell(name)), mode=WHITEOUT_MODE, size=0)
    if member.kind is Kind.OPAQUE:
        return member._replace(path=join(member.path, whiteout.OPAQUE_NAME), mode=member.mode & 0o777, size=0)
    return member if member.kind is Kind.FILE else member._replace(size=0)


def header_size(member: Member) -> int:
    """Bytes that stand before the member's content: its header, behind a PAX header where it needs one."""
    return len(_headers(member))


def _once_each(members: Iterable[Member]) -> Iterator[Member]:
    """The members; raises ``ValueError`` where two have one path."""
    seen: set[bytes] = set()
    for member in members:
        if member.path in seen:
            raise ValueError(f"the path {member.path!r} is there twice")
        seen.add(member.path)
        yield member


def _order(member: Member) -> tuple[bool, list[bytes]]:
    return member.kind is Kind.HARDLINK, member.path.split(b"/")


def _exactly(member: Member, chunks: Iterable[Chunk]) -> Iterator[bytes | Chunk]:
    """The chunks and their padding, if they are as long as the member says."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        yield chunk
    if size != member.size:
        raise ValueError(f"{member.path!r} has {size} bytes of content, not {member.size}")
    yield bytes(-size % BLOCK)


def _headers(member: Member) -> bytes:
    """The header of a member, behind a PAX header where it needs one."""
    name = member.path + b"/" * (member.kind is Kind.DIRECTORY)
    records = _records(member, name)
    if not records:
        return _block(member, name)
    body = b"".join(map(_record, sorted(records)))
    directory, base = split(member.path)
    place = join(directory, b"PaxHeaders.0/" + base)
    note = Member(place, Kind.FILE, 0, 0, 0, len(body), 0, 0, None, None, None)
    return _block(note, note.path, b"x") + body + bytes(-len(body) % BLOCK) + _block(member, name)


def _records(member: Member, name: bytes) -> list[tuple[bytes, bytes]]:
    """What ustar cannot say of the member."""
    extra = member.extra
    nanoseconds = extra.mtime_ns if extra else 0
    records = [(pax.XATTR + key, value) for key, value in extra.xattrs] if extra else []
    if _split_name(name) is None:
        records.append((b"path", name))
    if member.linkname and not _fits(member.linkname):
        records.append((b"linkpath", member.linkname))
    for key, value, largest in (
        (b"uid", member.uid, LARGEST_ID),
        (b"gid", member.gid, LARGEST_ID),
        (b"size", member.size, LARGEST_NUMBER),
    ):
        if not 0 <= value <= largest:
            records.append((key, b"%d" % value))
    if nanoseconds or not 0 <= member.mtime <= LARGEST_NUMBER:
        records.append((b"mtime", _time(member.mtime, nanoseconds)))
    return records


def _record(record: tuple[bytes, bytes]) -> bytes:
    """``LENGTH KEY=VALUE\\n``, where the length counts its own digits.

    >>> _record((b"path", b"x" * 90))[:8]
    b'99 path='
    >>> _record((b"path", b"x" * 91))[:9]
    b'101 path='
    """
    tail = b" %s=%s\n" % record
    length = len(tail) + len(str(len(tail)))
    length = len(tail) + len(str(length))
    return b"%d" % length + tail


def _time(seconds: int, nanoseconds: int) -> bytes:
    """Decimal seconds; a time before 1970 counts its fraction away from zero.

    >>> _time(1600000000, 250000000), _time(-2, 500000000), _time(-1, 0)
    (b'1600000000.25', b'-1.5', b'-1')
    """
    if seconds < 0 and nanoseconds:
        sign, seconds, nanoseconds = "-", -seconds - 1, 10**9 - nanoseconds
    else:
        sign, seconds = "-" * (seconds < 0), abs(seconds)
    fraction = f".{nanoseconds:09}".rstrip("0").rstrip(".")
    return f"{sign}{seconds}{fraction}".encode()


def _split_name(name: bytes) -> tuple[bytes, bytes] | None:
    """Prefix and name fields for a path, cut at its last possible slash; None where it does not fit."""
    if not name.isascii():
        return None
    if len(name) <= NAME_SIZE:
        return b"", name
    cut = name.rfind(b"/", 0, min(PREFIX_SIZE + 1, len(name) - 1))
    return (name[:cut], name[cut + 1 :]) if cut > 0 and len(name) - cut - 1 <= NAME_SIZE else None


def _fits(linkname: bytes) -> bool:
    return linkname.isascii() and len(linkname) <= NAME_SIZE


def _block(member: Member, name: bytes, type_flag: bytes = b"") -> bytes:
    """One header block; a field that PAX overrides holds what fits of it."""
    prefix, short = _split_name(name) or (b"", name[:NAME_SIZE])
    major, minor = (member.extra and member.extra.rdev) or (0, 0)
    fields = (
        short,
        _octal(member.mode, 8),
        _octal(member.uid if 0 <= member.uid <= LARGEST_ID else 0, 8),
        _octal(member.gid if 0 <= member.gid <= LARGEST_ID else 0, 8),
        _octal(member.size if member.size <= LARGEST_NUMBER else 0, 12),
        _octal(member.mtime if 0 <= member.mtime <= LARGEST_NUMBER else 0, 12),
    )
    rest = (type_flag or _type(member), (member.linkname or b"")[:NAME_SIZE], MAGIC, b"", b"")
    devices = (_device(major), _device(minor), prefix)
    blank = USTAR.pack(*fields, b" " * 8, *rest, *devices)
    return USTAR.pack(*fields, b"%06o\0 " % sum(blank), *rest, *devices)


def _type(member: Member) -> bytes:
    if member.kind not in TYPES:
        raise ValueError(f"{member.path!r} is of a type that no tar holds")
    return TYPES[member.kind]


def _device(value: int) -> bytes:
    """A device's number: in GNU's base-256 where octal digits have no room, as strangers' tars have it.

    >>> _device(8), _device(2**21)[0], len(_device(2**21))
    (b'0000010', 128, 8)
    """
    if 0 <= value <= LARGEST_ID:
        return _octal(value, 8)
    return (value % 2**63 | 2**63).to_bytes(8, "big")


def _octal(value: int, width: int) -> bytes:
    """Zero-padded octal digits that end in a NUL."""
    digits = b"%0*o" % (width - 1, value)
    if value < 0 or len(digits) >= width:
        raise ValueError(f"{value} does not fit in {width - 1} octal digits")
    return digits
