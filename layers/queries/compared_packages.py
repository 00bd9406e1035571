"""The packages of two sides: what is new, what has another version, what is gone."""

from dataclasses import dataclass

from layers.oci.packages.delta import PackageChangeKind, PackageDelta, delta
from layers.oci.packages.package import Package
from layers.queries.packages import KIND_LETTERS, are_read, inventory
from layers.queries.sides import Side


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package that differs."""

    kind: str
    """``A``, ``C`` for another version, or ``D``."""
    package: Package
    """As the second side has it; one that is gone as the first had it."""
    before: str
    """The version of the first side; empty where it has none."""
    after: str


@dataclass(frozen=True, slots=True)
class ComparedPackages:
    """All rows, and how many packages both sides have in the same version."""

    rows: list[PackageRow]
    same_count: int
    is_read: bool
    """Whether the packages of both are known; they are read after an import."""


def compare_packages(a: Side, b: Side) -> ComparedPackages:
    """The way from the packages of ``a`` to those of ``b``; a container has those of its image."""
    before, after = (installed(side) for side in (a, b))
    rows = [
        PackageRow(KIND_LETTERS[change.kind], change.package, *versions(change))
        for change in delta(before, after)
    ]
    return ComparedPackages(rows, len(set(before) & set(after)), are_read(a.image) and are_read(b.image))


def installed(side: Side) -> list[Package]:
    return [each.package for each in inventory(side.image, side.position).installed]


def versions(change: PackageDelta) -> tuple[str, str]:
    """Before and after."""
    if change.kind is PackageChangeKind.REMOVED:
        return change.package.version, ""
    return change.previous, change.package.version
