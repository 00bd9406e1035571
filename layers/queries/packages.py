"""What is installed in an image at one of its layers, and which layer brought it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from layers.models import Image, PackageChange, PackageScan
from layers.oci.packages.delta import Identity, PackageChangeKind, identity_of
from layers.oci.packages.package import Package
from layers.oci.packages.purl import purl
from layers.queries.tree import lineage_of

READER_VERSION = 1
"""Raised when the readers learn to read more: what older ones read is read again."""
KIND_LETTERS = "ACD"
PACKAGE = ("type", "name", "version", "arch", "source", "licence", "path")
"""The columns that are the fields of a ``Package``, in their order."""


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    """What ``os-release`` says."""

    name: str
    """For people: ``Debian GNU/Linux 12 (bookworm)``."""
    id: str
    version: str


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """A package of an image, with its past in it."""

    package: Package
    position: int
    """The layer that brought this version."""
    first_position: int
    """The layer that brought the first one."""
    previous: str = ""
    """The version that this one replaced."""
    removed_position: int | None = None
    """The layer that took it away; its files are still in the layers below."""


@dataclass(frozen=True, slots=True)
class LayerPackage:
    """What one layer did to a package."""

    position: int
    kind: str
    """``A``, ``C`` for an upgrade, or ``D``."""
    package: Package
    previous: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """All packages of an image at a layer, those that are gone too; both by type, name and version."""

    installed: list[InstalledPackage]
    removed: list[InstalledPackage]


def are_read(image: Image) -> bool:
    """Whether the packages of all layers of an image are known."""
    lineage = lineage_of(image, _top(image))
    known = PackageScan.objects.filter(chain__in=lineage, version__gte=READER_VERSION)
    return known.count() == len(lineage)


def notes_of(image: Image) -> list[dict[str, str]]:
    """What could not be read in its layers, and why: ``path``, ``note`` and ``position``."""
    lineage = lineage_of(image, _top(image))
    scans = PackageScan.objects.filter(chain__in=lineage).exclude(notes=[])
    by_chain = {scan.chain_id: scan.notes for scan in scans}
    return [
        note | {"position": position}
        for position, chain in enumerate(lineage)
        for note in by_chain.get(chain, ())
    ]


def inventory(image: Image, position: int | None = None) -> Inventory:
    """What is installed at a layer, and what was before; without ``position`` at the top."""
    return fold(packages_by_layer(lineage_of(image, _top(image) if position is None else position)))


def packages_by_layer(lineage: Sequence[int]) -> list[LayerPackage]:
    """What each layer did, from the bottom up."""
    positions = {chain: position for position, chain in enumerate(lineage)}
    rows = PackageChange.objects.filter(chain__in=lineage).order_by("type", "name", "version", "pk")
    found = [
        LayerPackage(positions[chain], KIND_LETTERS[kind], Package(*package), previous)
        for chain, kind, previous, *package in rows.values_list("chain_id", "kind", "previous", *PACKAGE)
    ]
    return sorted(found, key=lambda change: change.position)


def fold(changes: Iterable[LayerPackage]) -> Inventory:
    """What is left, and what is not, when all changes are made."""
    installed: dict[Identity, InstalledPackage] = {}
    removed: dict[Identity, InstalledPackage] = {}
    for change in changes:
        identity = identity_of(change.package)
        if change.kind == KIND_LETTERS[PackageChangeKind.REMOVED]:
            gone = installed.pop(identity, None)
            if gone is not None:
                removed[identity] = replace(gone, removed_position=change.position)
            continue
        before = installed.pop((*identity[:-1], change.previous), None) if change.previous else None
        first = before.first_position if before else change.position
        installed[identity] = InstalledPackage(change.package, change.position, first, change.previous)
        removed.pop(identity, None)
    return Inventory(_sorted(installed.values()), _sorted(removed.values()))


def _sorted(packages: Iterable[InstalledPackage]) -> list[InstalledPackage]:
    return sorted(packages, key=lambda row: (row.package.type, row.package.name, row.package.version))


def operating_system(image: Image) -> OperatingSystem | None:
    """What the image says it is; None where it does not, or is not read yet."""
    if image.chain_id is None:
        return None
    told = PackageScan.objects.filter(chain=image.chain_id).values_list("os_release", flat=True).first()
    return system_of(told or {})


def system_of(os_release: dict[str, str]) -> OperatingSystem | None:
    """The system that fields of an ``os-release`` name."""
    id, version = os_release.get("ID", ""), os_release.get("VERSION_ID", "")
    name = os_release.get("PRETTY_NAME") or f"{os_release.get('NAME') or id} {version}".strip()
    return OperatingSystem(name, id, version) if name else None


def purl_of(package: Package, system: OperatingSystem | None) -> str:
    """The package URL of a package in an image of that system."""
    return purl(package, system.id, system.version) if system else purl(package)


def _top(image: Image) -> int:
    return image.chain.depth if image.chain is not None else -1
