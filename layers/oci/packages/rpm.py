"""The packages of an rpm database: SQLite, as Fedora and its kin have it; each row is a header."""

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Final

from layers.oci.errors import UnreadablePackages
from layers.oci.packages.package import Package, field
from layers.oci.packages.sqlitefile import SQLiteFile

NAME, VERSION, RELEASE, EPOCH, LICENSE, ARCH, SOURCERPM = 1000, 1001, 1002, 1003, 1014, 1022, 1044
WANTED: Final = frozenset((NAME, VERSION, RELEASE, EPOCH, LICENSE, ARCH, SOURCERPM))
INT32, STRING, STRING_ARRAY, I18N = 4, 6, 8, 9
HEAD, INDEX = Struct(">II"), Struct(">IIiI")
MOST_TAGS: Final = 65_536
LONGEST: Final = 4096
"""Bytes of a text."""


def read_rpm(data: bytes, path: bytes) -> Iterator[Package]:
    """The packages of ``rpmdb.sqlite``. Raises ``UnreadablePackages``."""
    for row in SQLiteFile(data).rows("Packages"):
        header = row[-1] if row else None
        if not isinstance(header, bytes):
            raise UnreadablePackages("an rpm database with a row that holds no header")
        yield package_of(header_fields(header), path)


def package_of(fields: Mapping[int, str], path: bytes) -> Package:
    """The package that a header describes; its version is ``epoch:version-release``, as rpm compares it."""
    epoch, release = fields.get(EPOCH, ""), fields.get(RELEASE, "")
    version = f"{fields.get(VERSION, '')}-{release}" if release else fields.get(VERSION, "")
    return Package(
        "rpm",
        fields.get(NAME, ""),
        f"{epoch}:{version}" if epoch else version,
        fields.get(ARCH, ""),
        fields.get(SOURCERPM, ""),
        fields.get(LICENSE, ""),
        path,
    )


def header_fields(header: bytes) -> dict[int, str]:
    """The wanted tags of a header: how many entries and bytes, the entries, the bytes.

    Raises:
        UnreadablePackages
    """
    if len(header) < HEAD.size:
        raise UnreadablePackages("an rpm header that ends early")
    count, size = HEAD.unpack_from(header)
    start = HEAD.size + count * INDEX.size
    if count > MOST_TAGS or start + size > len(header):
        raise UnreadablePackages("an rpm header that says it is longer than it is")
    fields: dict[int, str] = {}
    for tag, kind, offset, number in INDEX.iter_unpack(header[HEAD.size : start]):
        if tag in WANTED and number and 0 <= offset < size:
            fields.setdefault(tag, _text(kind, header, start + offset, start + size))
    return fields


def _text(kind: int, header: bytes, at: int, end: int) -> str:
    """The first value of a tag."""
    if kind == INT32:
        return str(int.from_bytes(header[at : min(at + 4, end)], "big"))
    if kind in (STRING, STRING_ARRAY, I18N):
        return field(header[at : min(at + LONGEST, end)].partition(b"\0")[0])
    return ""
