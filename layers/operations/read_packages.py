"""Read what is installed, layer by layer: which packages each one added, upgraded and removed."""

import logging
from collections.abc import Iterable, Sequence
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from layers.models import Chain, Image, PackageChange, PackageScan
from layers.oci.changeset.paths import as_text
from layers.oci.packages.delta import PackageDelta, delta
from layers.oci.packages.package import Package
from layers.operations.package_files import PackageFiles
from layers.queries.packages import READER_VERSION, fold, packages_by_layer
from layers.queries.system import read_os_release_at

logger = logging.getLogger(__name__)

NOTES_KEPT: Final = 100
ROWS_A_STATEMENT: Final = 1000


def read_packages() -> int:
    """Read those of every chain that lacks them, lower chains first; how many got theirs."""
    return _read_all(lacking_packages())


def read_packages_of(*, image: Image) -> int:
    """Read those of the layers of one image that lack them; how many got theirs."""
    lineage = image.chain.lineage if image.chain is not None else []
    return _read_all(lacking_packages().filter(pk__in=lineage))


def lacking_packages() -> QuerySet[Chain]:
    """The chains whose packages have not been read by the readers of today."""
    known = PackageScan.objects.filter(version__gte=READER_VERSION).values("chain")
    return Chain.objects.filter(staging="").exclude(pk__in=known).order_by("depth", "pk")


def _read_all(chains: QuerySet[Chain]) -> int:
    return sum(map(_read, list(chains.values_list("pk", flat=True))))


def _read(number: int) -> bool:
    """Read one chain's packages and keep them; a chain that is gone by now is passed over."""
    chain = Chain.objects.select_related("layer").filter(pk=number, staging="").first()
    if chain is None:
        return False
    try:
        changes, notes = package_changes(chain)
        os_release = read_os_release_at(chain)
    except Exception:
        # Told on the page, and not tried again until the readers are newer ones.
        logger.exception("The packages of chain %s could not be read", chain.chain_id)
        changes, os_release = [], {}
        notes = [(b"", _("The packages of this layer could not be read, by a fault of the program."))]
    kept = [{"path": as_text(path), "note": note} for path, note in notes[:NOTES_KEPT]]
    return _keep(chain, changes, os_release, kept)


def package_changes(chain: Chain) -> tuple[list[PackageDelta], list[tuple[bytes, str]]]:
    """What the top layer of a chain did to the packages, and what was not read of it."""
    below = fold(packages_by_layer(chain.lineage[:-1])).installed
    files = PackageFiles(chain)
    changed = files.changed([row.package for row in below])
    before = [row.package for row in below if row.package.path in changed]
    after = (package for packages in changed.values() for package in packages)
    return list(delta(before, after)), files.notes


def _keep(
    chain: Chain, changes: Sequence[PackageDelta], os_release: dict[str, str], notes: list[dict[str, str]]
) -> bool:
    """Write what was read, all of it or nothing."""
    try:
        with transaction.atomic():
            PackageScan.objects.filter(chain=chain).delete()
            PackageChange.objects.filter(chain=chain).delete()
            PackageScan.objects.create(
                chain=chain, version=READER_VERSION, os_release=os_release, notes=notes
            )
            PackageChange.objects.bulk_create(_rows(chain, changes), batch_size=ROWS_A_STATEMENT)
    except IntegrityError:
        # Deleted meanwhile, or read by somebody else: either way there is nothing left to do.
        logger.info("The packages of chain %s were not kept: it changed meanwhile", chain.chain_id)
        return False
    return True


def _rows(chain: Chain, changes: Iterable[PackageDelta]) -> list[PackageChange]:
    return [_row(chain, change.package, change) for change in changes]


def _row(chain: Chain, package: Package, change: PackageDelta) -> PackageChange:
    return PackageChange(
        chain=chain,
        kind=int(change.kind),
        type=package.type,
        name=package.name,
        version=package.version,
        previous=change.previous,
        arch=package.arch,
        source=package.source,
        licence=package.licence,
        path=package.path,
    )
