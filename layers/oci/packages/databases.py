"""Which files tell of packages, and what reads them."""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from layers.oci.limits import KIB, MIB
from layers.oci.packages.manifests import read_gem, read_npm
from layers.oci.packages.package import Package
from layers.oci.packages.rpm import read_rpm
from layers.oci.packages.stanzas import read_apk, read_dpkg, read_python

SMALLEST_PROGRAM: Final = 100 * KIB
"""No Go program is smaller, and none in Rust that would be worth a list of its crates."""
RPM: Final = rb"(?:var/lib/rpm|usr/lib/sysimage/rpm|usr/share/rpm)"


class Database(NamedTuple):
    """A kind of file that tells of packages."""

    match: Callable[[bytes], re.Match[bytes] | None]
    """Of its path."""
    largest: int
    """Bytes; a larger one is not read, and that is said."""
    read: Callable[[bytes, bytes], Iterator[Package]] | None
    """From its bytes and its path; None for a kind that is not read."""
    what: str
    """Its name for people, where it is not read."""


def database(pattern: bytes, largest: int, read: Callable[[bytes, bytes], Iterator[Package]]) -> Database:
    return Database(re.compile(pattern, re.DOTALL).fullmatch, largest, read, "")


def unread(pattern: bytes, what: str) -> Database:
    return Database(re.compile(pattern, re.DOTALL).fullmatch, 0, None, what)


DATABASES: Final = (
    database(rb"var/lib/dpkg/status", 64 * MIB, read_dpkg),
    database(rb"var/lib/dpkg/status\.d/(?!.*\.(?:md5sums|list)$)[^/]+", MIB, read_dpkg),
    database(rb"(?:usr/)?lib/apk/db/installed", 64 * MIB, read_apk),
    database(RPM + rb"/rpmdb\.sqlite", 256 * MIB, read_rpm),
    unread(RPM + rb"/rpmdb\.sqlite-wal", "a journal of an rpm database, with changes newer than it"),
    unread(RPM + rb"/Packages", "a Berkeley DB database of rpm"),
    unread(RPM + rb"/Packages\.db", "an ndb database of rpm"),
    database(rb"(?:.*/)?[^/]+\.dist-info/METADATA", 4 * MIB, read_python),
    database(rb"(?:.*/)?[^/]+\.egg-info(?:/PKG-INFO)?", 4 * MIB, read_python),
    database(rb"(?:.*/)?EGG-INFO/PKG-INFO", 4 * MIB, read_python),
    database(rb"(?:.*/)?node_modules/(?:@[^/]+/)?[^/]+/package\.json", MIB, read_npm),
    database(rb"(?:.*/)?specifications/(?:default/)?[^/]+\.gemspec", MIB, read_gem),
)
NAMES: Final = re.compile(
    rb"status|installed|rpmdb\.sqlite(?:-wal)?|Packages(?:\.db)?|METADATA|PKG-INFO|package\.json|.*\.(?:gemspec|egg-info)"
)
"""A first look at a name alone: most are none of these."""
STATUS_D: Final = b"var/lib/dpkg/status.d"


def database_at(directory: bytes, name: bytes) -> Database | None:
    """What kind of database a file would be at that place; None for most."""
    if not NAMES.fullmatch(name) and directory != STATUS_D:
        return None
    path = directory + b"/" + name if directory else name
    return next((kind for kind in DATABASES if kind.match(path)), None)


def is_program(mode: int, size: int) -> bool:
    """Whether a file may be a compiled program with a list of what it was built of."""
    return bool(mode & 0o111) and size >= SMALLEST_PROGRAM
