"""Search the layers for secrets, special modes, certificates and accounts, and keep what is found."""

import logging
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from layers.models import Chain, Finding, FindingScan, Image
from layers.operations.found_accounts import account_findings
from layers.operations.layer_search import LayerSearch
from layers.queries.findings import SEARCH_VERSION

logger = logging.getLogger(__name__)

ROWS_A_STATEMENT: Final = 1000
MOST_FINDINGS: Final = 5000
"""Of one layer."""


def search_findings() -> int:
    """Search every chain's top layer that was not, lower ones first; how many there were."""
    return _search_all(lacking_findings())


def search_findings_of(*, image: Image) -> int:
    """Search the layers of one image that were not searched yet; how many there were."""
    lineage = image.chain.lineage if image.chain is not None else []
    return _search_all(lacking_findings().filter(pk__in=lineage))


def lacking_findings() -> QuerySet[Chain]:
    """The chains that have not been searched by the rules of today."""
    known = FindingScan.objects.filter(version__gte=SEARCH_VERSION).values("chain")
    return Chain.objects.filter(staging="").exclude(pk__in=known).order_by("depth", "pk")


def _search_all(chains: QuerySet[Chain]) -> int:
    searched: dict[tuple[bytes, bool], bool] = {}
    return sum(_search(number, searched) for number in list(chains.values_list("pk", flat=True)))


def _search(number: int, searched: dict[tuple[bytes, bool], bool]) -> bool:
    """Search one chain; ``searched`` tells which contents hold something, to be read once."""
    chain = Chain.objects.select_related("layer", "parent").filter(pk=number, staging="").first()
    if chain is None:
        return False
    search = LayerSearch(chain, searched)
    try:
        found = [*search.findings(), *account_findings(chain)]
    except Exception:
        # Told on the page, and not tried again until the rules are newer ones. No value is ever logged.
        logger.exception("Chain %s could not be searched", chain.chain_id)
        found = []
        search.notes[_("This layer could not be searched, by a fault of the program.")] = 1
    if len(found) > MOST_FINDINGS:
        search.notes[_("More was found in this layer than is kept.")] = len(found) - MOST_FINDINGS
    return _keep(chain, found[:MOST_FINDINGS], search)


def _keep(chain: Chain, found: list[Finding], search: LayerSearch) -> bool:
    """Write what was found, all of it or nothing."""
    notes = [{"note": note, "count": count} for note, count in search.notes.items()]
    try:
        with transaction.atomic():
            FindingScan.objects.filter(chain=chain).delete()
            Finding.objects.filter(chain=chain).delete()
            FindingScan.objects.create(
                chain=chain,
                version=SEARCH_VERSION,
                file_count=search.file_count,
                byte_count=search.byte_count,
                notes=notes,
            )
            Finding.objects.bulk_create(found, batch_size=ROWS_A_STATEMENT)
    except IntegrityError:
        # Deleted meanwhile, or searched by somebody else: either way there is nothing left to do.
        logger.info("The findings of chain %s were not kept: it changed meanwhile", chain.chain_id)
        return False
    return True
