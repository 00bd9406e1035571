"""Packages by name and version: which layer of which image brought them, and what became of them there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Max, QuerySet, Value
from django.db.models.functions import Concat

from layers.models import ImageLayer, PackageChange
from layers.models.acting import sees_all
from layers.oci.packages.delta import PackageChangeKind
from layers.queries.packages import READER_VERSION
from layers.queries.search_texts import Place, TextHit, TextPage, older, places
from layers.queries.sightings import Above, visible_places

Named = tuple[str, str, str]
"""Type, name and version."""


def find_packages(text: str, before: int | None, limit: int) -> TextPage:
    """Packages whose name, or name and version with a space between, has the text; the newest first."""
    brought = changes().exclude(kind=PackageChangeKind.REMOVED)
    matching = brought.annotate(told=Concat("name", Value(" "), "version")).filter(told__icontains=text)
    groups = matching.order_by().values("type", "name", "version").annotate(key=Max("pk"))
    chosen = {
        (each["type"], each["name"], each["version"]): each["key"] for each in older(groups, before)[:limit]
    }
    where = where_brought(brought, chosen)
    hits = [
        TextHit(key, named[0], f"{named[1]} {named[2]}", *where.get(named, ((), 0)))
        for named, key in chosen.items()
    ]
    return TextPage(told_of(hits, list(chosen)), groups.count())


def lacking_packages() -> int:
    """Layers whose packages are not read yet."""
    chains = visible_places().values("chain").distinct()
    return chains.exclude(chain__package_scan__version__gte=READER_VERSION).count()


def changes() -> QuerySet[PackageChange]:
    """What layers did to packages, in images that whoever acts may see."""
    rows = PackageChange.objects.filter(chain__staging="")
    return rows if sees_all() else rows.filter(chain__in=visible_places().values("chain"))


def where_brought(
    brought: QuerySet[PackageChange], chosen: Iterable[Named]
) -> dict[Any, tuple[tuple[Place, ...], int]]:
    """The images and layers that each package came with, the newest image first."""
    wanted = set(chosen)
    chains: dict[int, list[Named]] = defaultdict(list)
    rows = brought.filter(name__in={name for _, name, _ in wanted})
    for chain, *named in rows.values_list("chain", "type", "name", "version").distinct():
        if tuple(named) in wanted:
            chains[chain].append((named[0], named[1], named[2]))
    standing = visible_places().filter(chain__in=chains).order_by("-image_id", "position")
    return places(
        (named, image, position)
        for chain, image, position in standing.values_list("chain", "image_id", "position")
        for named in chains[chain]
    )


def told_of(hits: Sequence[TextHit], chosen: Sequence[Named]) -> list[TextHit]:
    """The hits with what became of each package in the images that are shown."""
    shown = {place.image.pk: place.image for hit in hits for place in hit.places}
    lineage: dict[int, dict[int, int]] = defaultdict(dict)
    for image, chain, position in ImageLayer.objects.filter(image__in=shown).values_list(
        "image_id", "chain_id", "position"
    ):
        lineage[image][chain] = position
    later = PackageChange.objects.exclude(kind=PackageChangeKind.ADDED).filter(
        name__in={name for _, name, _ in chosen},
        chain__in={chain for positions in lineage.values() for chain in positions},
    )
    ends: dict[Named, list[tuple[int, bool]]] = defaultdict(list)
    for chain, kind, *rest in later.values_list("chain_id", "kind", "type", "name", "version", "previous"):
        is_removed = kind == PackageChangeKind.REMOVED
        ends[rest[0], rest[1], rest[2] if is_removed else rest[3]].append((chain, is_removed))
    return [
        replace(hit, places=tuple(ended(place, ends[named], lineage[place.image.pk]) for place in hit.places))
        for hit, named in zip(hits, chosen, strict=True)
    ]


def ended(place: Place, ends: Iterable[tuple[int, bool]], positions: dict[int, int]) -> Place:
    """A place with the first layer above it that took the package away or replaced it."""
    above = sorted(
        Above(positions[chain], is_removed)
        for chain, is_removed in ends
        if chain in positions and positions[chain] > (place.position or 0)
    )
    return replace(place, hidden_by=above[0]) if above else place
