"""dive's score of an image, from the rows of its layers.

Two things that dive reads in a tar are not in the rows: what stands twice in it
(the last counts here), and a whiteout beside an entry of the same name.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from layers.models import Chain, Image
from layers.oci.changeset import whiteout
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join
from layers.oci.unionfs.divescore import DiveScore, Header, dive_score
from layers.queries.held import layer_entries

SCORES_KEPT: Final = 64
FILES_KEPT: Final = 1000


def dive_score_of(image: Image) -> DiveScore:
    """What dive would print of the image."""
    chain = image.chain
    return dive_score(()) if chain is None else _score(chain.pk, chain.chain_id)


@lru_cache(SCORES_KEPT)
def _score(key: int, chain_id: str) -> DiveScore:
    """The score of a chain, which never changes; kept under its key and name."""
    lineage = Chain.objects.get(pk=key).lineage
    chains = Chain.objects.select_related("layer").in_bulk(lineage)
    score = dive_score(headers(chains[each]) for each in lineage)
    return replace(score, files=score.files[:FILES_KEPT])


def headers(chain: Chain) -> Iterator[Header]:
    """The headers of a chain's top layer, as dive would have met them."""
    for directory, entries in layer_entries(chain):
        for entry in entries:
            if entry.extra is None or not entry.extra.implicit:
                yield header(directory, entry)


def header(directory: bytes, entry: Entry) -> Header:
    """An entry as a header; further names of a hard link group have no size."""
    name = whiteout.spell(entry.name) if entry.kind is Kind.WHITEOUT else entry.name
    is_link = entry.extra is not None and entry.extra.hardlink is not None
    return Header(join(directory, name), 0 if is_link else entry.size, entry.kind is Kind.DIRECTORY)
