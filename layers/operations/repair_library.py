"""Mend what ``fsck`` finds, as far as that is safe: what can be made again is made again.

Rows come from the layers they were read from, layers from another form in which
they are kept. What is damaged is moved aside, never deleted, so that it is not
shown, and an import can bring it anew. Nothing is taken away that might be the
last of its kind.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, connection

from layers.models import (
    Blob,
    Chain,
    Container,
    Image,
    Layer,
    Manifest,
    NumberRange,
    SearchSegment,
    StoredLayer,
)
from layers.operations.build_seek_points import build_seek_points
from layers.operations.clean_abandoned import clean_abandoned, delete_range
from layers.operations.collect_garbage import remove_leftover_files, remove_strays
from layers.operations.index_paths import index_paths
from layers.operations.rebuild_blob import rebuild_blob
from layers.operations.record_audit import record_audit
from layers.operations.rewrite_image import rewrite_history, rewrite_layers, rewrite_manifest, rewrite_sums
from layers.operations.rewrite_layer import rewrite_chain, rewrite_layer
from layers.operations.seal_blobs import seal_blobs
from layers.operations.write_segment import drop
from layers.queries.fsck.containers import UNREADABLE, contents_of, rows_of
from layers.queries.fsck.library import check_library
from layers.queries.fsck.numbers import loose_ranges
from layers.queries.fsck.problem import Fault, Problem
from layers.storage import alone, has_blob, set_aside

ROUNDS: Final = 8
"""A mended thing may show what is wrong above it; no more than this deep."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair found, and what is left of it."""

    found: tuple[Problem, ...]
    left: tuple[Problem, ...]


def repair_library(*, deep: bool = False) -> Repaired:
    """Find, mend, and look again, until a round mends nothing."""
    found = left = list(check_library(deep=deep))
    for _round in range(ROUNDS):
        if not left:
            break
        record_audit(action="repair library", target=f"{len(left)} problems")
        mend_all(left)
        still = list(check_library(deep=deep))
        found = list(dict.fromkeys([*found, *still]))
        is_stuck = set(still) >= set(left)
        left = still
        if is_stuck:
            break
    return Repaired(tuple(found), tuple(left))


def mend_all(problems: Sequence[Problem]) -> None:
    """Mend what can be mended, what others are made of first."""
    faults = {problem.fault for problem in problems}
    for fault, mend in MENDS.items():
        for problem in problems:
            if problem.fault is fault:
                try:
                    mend(problem)
                except (DatabaseError, OSError):
                    logger.exception("%s %s cannot be mended", problem.fault, problem.subject)
    if faults <= HARMLESS:
        # Only now: a file that no row names may be all that is left of one that should.
        remove_strays(None)


def mend_database(problem: Problem) -> None:
    """Make indexes anew: what is wrong with tables themselves stays."""
    index = "" if connection.vendor == "sqlite" else f"INDEX {problem.subject}"
    with connection.cursor() as cursor:
        cursor.execute(f"REINDEX {index}")


def mend_blob(problem: Problem) -> None:
    blob = Blob.objects.filter(pk=problem.key).first()
    if blob is None or rebuild_blob(blob=blob):
        return
    if problem.fault is Fault.BLOB_DAMAGED and has_blob(blob.digest):
        logger.error("Blob %s is damaged, and moved to %s", blob.digest, set_aside(blob.digest))


def mend_seal(problem: Problem) -> None:
    Blob.objects.filter(pk=problem.key).update(seal=None)
    seal_blobs()


def mend_seek_points(problem: Problem) -> None:
    StoredLayer.objects.filter(pk=problem.key).update(seek_points=None)
    build_seek_points()


def mend_entries(problem: Problem) -> None:
    for layer in Layer.objects.filter(pk=problem.key):
        rewrite_layer(layer=layer)


def mend_chain(problem: Problem) -> None:
    """A chain, whose parent has been mended before: problems are told from the bottom up."""
    for chain in Chain.objects.filter(pk=problem.key).select_related("layer", "parent"):
        if problem.subject == chain.chain_id:
            rewrite_chain(chain=chain)


def mend_image(rewrite: Callable[..., bool]) -> Callable[[Problem], None]:
    def mend(problem: Problem) -> None:
        for image in Image.objects.filter(pk=problem.key):
            rewrite(image=image)

    return mend


def mend_manifest(problem: Problem) -> None:
    for manifest in Manifest.objects.filter(pk=problem.key).select_related("blob"):
        rewrite_manifest(manifest=manifest)


def mend_numbers(problem: Problem) -> None:
    """Hand out what is free from now on; numbers that are taken twice stay so."""
    if problem.key:
        NumberRange.objects.update_or_create(table=problem.subject, defaults={"next_number": problem.key})


def mend_loose_rows(problem: Problem) -> None:
    """Remove what was read from a layer that is not there, and could be read again if it were."""
    for model, first, after in loose_ranges():
        delete_range(model, first, after - first)


def mend_index(problem: Problem) -> None:
    """Drop the segment, and index its layers anew; where another process is at it, that one goes on."""
    with alone("search") as is_ours:
        if is_ours:
            drop(SearchSegment.objects.filter(pk=problem.key).first() or SearchSegment(pk=problem.key))
    index_paths()


def mend_edits(problem: Problem) -> None:
    """Keep for each step what it needs, where that is there."""
    for container in Container.objects.filter(pk=problem.key):
        for edit in container.edits.all():
            with suppress(*UNREADABLE):
                edit.blobs.add(*Blob.objects.filter(digest__in=contents_of(rows_of(edit))))


def mend_leftovers(problem: Problem) -> None:
    clean_abandoned()
    remove_leftover_files()


MENDS: Final[dict[Fault, Callable[[Problem], None]]] = {
    Fault.DATABASE_DAMAGED: mend_database,
    Fault.BLOB_DAMAGED: mend_blob,
    Fault.BLOB_MISSING: mend_blob,
    Fault.SEAL_WRONG: mend_seal,
    Fault.SEEK_POINTS_WRONG: mend_seek_points,
    Fault.ENTRIES_WRONG: mend_entries,
    Fault.CHAIN_WRONG: mend_chain,
    Fault.REFERENCE_DANGLING: mend_chain,
    Fault.LAYERS_WRONG: mend_image(rewrite_layers),
    Fault.IMAGE_WRONG: mend_image(rewrite_sums),
    Fault.HISTORY_WRONG: mend_image(rewrite_history),
    Fault.MANIFEST_WRONG: mend_manifest,
    Fault.NUMBERS_WRONG: mend_numbers,
    Fault.ROWS_LOOSE: mend_loose_rows,
    Fault.INDEX_WRONG: mend_index,
    Fault.EDITS_WRONG: mend_edits,
    Fault.STAGING_LEFT: mend_leftovers,
    Fault.UPLOAD_LEFT: mend_leftovers,
    Fault.FILE_LEFT: mend_leftovers,
}
"""In the order in which one stands on the other."""
HARMLESS: Final = frozenset({Fault.BLOB_STRAY, Fault.SEAL_WRONG, Fault.SEEK_POINTS_WRONG})
