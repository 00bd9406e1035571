"""What nothing needs any more: chains, layers, stored forms, documents and blobs.

One transaction makes it invisible and hands it to a staging; after it the rows
go a few thousand at a time. Cut short, the staging stands without an owner, and
``clean_abandoned`` finishes the work as it does for an import.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from layers.models import Blob, Chain, Image, IndexEntry, Layer, Manifest, Reference, StoredLayer
from layers.operations.clean_abandoned import discard_staging
from layers.queries.indexes import images_of_indexes
from layers.storage import Staging, room_to_delete

KEYS_A_QUERY: Final = 500

Row = TypeVar("Row", Chain, Layer)


@dataclass(frozen=True, slots=True)
class Swept:
    """What was taken away."""

    chain_ids: tuple[str, ...]
    """The top first."""
    digests: tuple[str, ...]
    """Of the blobs."""
    size: int
    """Bytes of the blobs."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sweep is to take away of all that nothing needs."""

    alone: bool = False
    """Also documents that stand in no index."""
    before: datetime | None = None
    """Only blobs that came before this, and what is of them."""


class Rehearsed(Exception):
    """Rolls back what would have been taken away."""


def sweep(withdraw: Callable[[], object], wanted: Wanted = Wanted()) -> Swept:
    """Call ``withdraw``, which deletes rows, and take away what they alone needed."""
    with room_to_delete():
        return _sweep(withdraw, wanted)


def _sweep(withdraw: Callable[[], object], wanted: Wanted) -> Swept:
    staging = Staging()
    try:
        with transaction.atomic():
            withdraw()
            swept = hand_over(staging, wanted)
    except BaseException:
        staging.close()
        raise
    discard_staging(staging)
    return swept


def rehearse(wanted: Wanted) -> Swept:
    """What a sweep would take away now; nothing is."""
    swept: list[Swept] = []
    with Staging() as staging:
        try:
            with transaction.atomic():
                swept.append(hand_over(staging, wanted))
                raise Rehearsed
        except Rehearsed:
            return swept[0]


def hand_over(staging: Staging, wanted: Wanted) -> Swept:
    """Mark what is not needed, and delete the few rows that could not be marked."""
    Manifest.objects.filter(pk__in=dead_documents(wanted)).delete()
    chains = hide_chains(staging.uuid, wanted)
    hide_layers(staging.uuid, wanted)
    named = Manifest.objects.exclude(blobs=None).values("blobs")
    StoredLayer.objects.filter(layer__staging=staging.uuid).delete()
    loose = StoredLayer.objects.filter(image_layers=None).exclude(blob__in=named)
    loose.exclude(blob__in=young(wanted)).delete()
    return Swept(chains, *drop_blobs(staging, wanted))


def young(wanted: Wanted) -> QuerySet[Blob]:
    """The blobs that came too late to be swept."""
    return Blob.objects.filter(created_at__gte=wanted.before) if wanted.before else Blob.objects.none()


def hide_chains(staging: str, wanted: Wanted) -> tuple[str, ...]:
    """Chains that no image stands on, nor an import under way."""
    loose = Chain.objects.filter(staging="", image_layers=None, images=None)
    found = locked(loose)
    building = Chain.objects.exclude(staging="").values_list("lineage", flat=True)
    late = loose.filter(layer__stored__blob__in=young(wanted)).values_list("lineage", flat=True)
    kept = {key for lineage in (*building, *late) for key in lineage}
    chains = sorted((chain for chain in found if chain.pk not in kept), key=lambda chain: -chain.depth)
    mark(Chain, [chain.pk for chain in chains], staging)
    return tuple(chain.chain_id for chain in chains)


def hide_layers(staging: str, wanted: Wanted) -> None:
    """Layers that are in no image and no chain but those just hidden."""
    users = Chain.objects.exclude(staging=staging).values("layer")
    loose = Layer.objects.filter(staging="", image_layers=None).exclude(pk__in=users)
    mark(Layer, [layer.pk for layer in locked(loose.exclude(stored__blob__in=young(wanted)))], staging)


def locked(rows: QuerySet[Row]) -> list[Row]:
    """Those rows, held against imports that would build on them; asked again once they are held.

    An import holds what it builds on until it commits; what it then uses is no longer among the rows.
    """
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), KEYS_A_QUERY):
        list(rows.model.objects.select_for_update().filter(pk__in=keys[start : start + KEYS_A_QUERY]))
    return list(rows)


def mark(model: type[Chain] | type[Layer], keys: list[int], staging: str) -> None:
    for start in range(0, len(keys), KEYS_A_QUERY):
        model.objects.filter(pk__in=keys[start : start + KEYS_A_QUERY]).update(staging=staging)


def drop_blobs(staging: Staging, wanted: Wanted) -> tuple[tuple[str, ...], int]:
    """Delete the rows of blobs that nothing names, and journal their files; tells digests and bytes."""
    loose = Blob.objects.filter(manifest=None, named_by=None, stored_layer=None, upper_rows=None, edits=None)
    blobs = list(loose.exclude(pk__in=Image.objects.values("config")).exclude(pk__in=young(wanted)))
    for blob in blobs:
        staging.claim(blob.digest)
        blob.delete()
    return tuple(sorted(blob.digest for blob in blobs)), sum(blob.size for blob in blobs)


def dead_documents(wanted: Wanted) -> list[int]:
    """Indexes without a name and without an image, and what stands in no other index."""
    edges = list(IndexEntry.objects.exclude(manifest=None).values_list("index", "manifest"))
    live = {index for index, images in images_of_indexes().items() if images}
    live |= set(Reference.objects.exclude(index=None).values_list("index", flat=True))
    live |= set(Manifest.objects.filter(blob__in=young(wanted)).values_list("pk", flat=True))
    size = -1
    while size < len(live):
        size = len(live)
        live |= {manifest for index, manifest in edges if index in live}
    listed = {manifest for _, manifest in edges}
    documents = Manifest.objects.exclude(kind=Manifest.Kind.IMAGE).values_list("pk", "kind")
    return [
        key
        for key, kind in documents
        if key not in live and (wanted.alone or key in listed or kind == Manifest.Kind.INDEX)
    ]
