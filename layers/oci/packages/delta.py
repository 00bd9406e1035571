"""What became of the packages between two trees: added, upgraded, removed."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import groupby
from typing import Final, NamedTuple

from layers.oci.packages.package import Package

OF_THE_SYSTEM: Final = ("deb", "apk", "rpm")
"""Kinds of which a file system has one database."""
OF_A_FILE: Final = ("golang", "cargo")
"""Kinds that a program brings."""


class PackageChangeKind(IntEnum):
    """Values are stored, so they never change."""

    ADDED = 0
    UPGRADED = 1
    """Another version in its place, older ones too."""
    REMOVED = 2


class PackageDelta(NamedTuple):
    """One package that is not as it was."""

    kind: PackageChangeKind
    package: Package
    """As it is now; a removed one as it was."""
    previous: str
    """The version that an upgrade replaced."""


Spot = tuple[str, str, str, bytes]
Identity = tuple[str, str, str, bytes, str]


def place_of(package: Package) -> bytes:
    """Where two versions of a package would be in each other's way.

    >>> place_of(Package("pypi", "six", "1", path=b"usr/lib/python3/six-1.dist-info/METADATA"))
    b'usr/lib/python3'
    >>> place_of(Package("npm", "a", "1", path=b"app/node_modules/a/package.json"))
    b'app/node_modules/a'
    """
    if package.type in OF_THE_SYSTEM:
        return b""
    if package.type in OF_A_FILE:
        return package.path
    directory, _, name = package.path.rpartition(b"/")
    if package.type == "pypi" and name in (b"METADATA", b"PKG-INFO"):
        return directory.rpartition(b"/")[0]
    return directory


def spot_of(package: Package) -> Spot:
    """What two versions of one package have in common."""
    return package.type, package.name, package.arch, place_of(package)


def identity_of(package: Package) -> Identity:
    """What tells one installed package from all others of a file system."""
    return *spot_of(package), package.version


def delta(before: Iterable[Package], after: Iterable[Package]) -> Iterator[PackageDelta]:
    """The changes, by type and name. A version that goes where another comes is one upgrade."""
    old = {identity_of(package): package for package in before}
    new = {identity_of(package): package for package in after}
    moved = [(identity, PackageChangeKind.REMOVED, old[identity]) for identity in old.keys() - new.keys()]
    moved += [(identity, PackageChangeKind.ADDED, new[identity]) for identity in new.keys() - old.keys()]
    moved.sort(key=lambda move: move[:2])
    for _, group in groupby(moved, lambda move: move[0][:-1]):
        changes = [(kind, package) for _, kind, package in group]
        gone = [package for kind, package in changes if kind is PackageChangeKind.REMOVED]
        come = [package for kind, package in changes if kind is PackageChangeKind.ADDED]
        pairs = min(len(gone), len(come))
        for replaced, package in zip(gone, come, strict=False):
            yield PackageDelta(PackageChangeKind.UPGRADED, package, replaced.version)
        for package in come[pairs:]:
            yield PackageDelta(PackageChangeKind.ADDED, package, "")
        for package in gone[pairs:]:
            yield PackageDelta(PackageChangeKind.REMOVED, package, "")
