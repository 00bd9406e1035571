"""Where a path that was found is seen: in which images, from which layer, and whether it still shows there.

An entry of a layer shows in an image until a layer above has the path again,
deletes it, or takes its directory away.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from layers.models import Image, ImageLayer
from layers.models.acting import sees_all
from layers.oci.changeset.entry import Entry, Kind
from layers.queries.change_rows import entries_numbered
from layers.queries.images import names_of_images, short_id
from layers.queries.search_matches import Hit, marks

KEYS_A_QUERY: Final = 400
CUTS: Final = (
    "SELECT path, chain_id FROM layers_directory WHERE path IN ({}) AND chain_id IN ({}) AND (cut OR gone)"
)


class Above(NamedTuple):
    """A layer that hides a version of a path."""

    position: int
    deletes: bool
    """It took the path away; else it has the path itself."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One version of a path in one image."""

    image: Image
    names: tuple[str, ...]
    """What docker would call the image; none where it has no name."""
    position: int
    """The layer, from 0 at the bottom."""
    entry: Entry | None
    hidden_by: Above | None
    """None where the image shows this version."""

    @property
    def name(self) -> str:
        return self.names[0] if self.names else short_id(self.image)


@dataclass(frozen=True, slots=True)
class Seen:
    """A path that was found, with some of the images it is in."""

    path: bytes
    rank: int
    sightings: tuple[Sighting, ...]
    image_count: int

    @property
    def others(self) -> int:
        """Images that hold it and are not among the sightings."""
        return self.image_count - len({each.image.pk for each in self.sightings})


def seen(found: Sequence[Hit], images_a_path: int, before: int | None = None) -> list[Seen]:
    """Each path with the newest images that hold it, so many of those older than image ``before``."""
    where = positions_of({each.layer for hit in found for each in hit.held})
    holding = [images_holding(hit, where) for hit in found]
    chosen = [
        [image for image in images if before is None or image < before][:images_a_path] for images in holding
    ]
    lineages = lineages_of({image for images in chosen for image in images})
    cuts = cut_positions(found, lineages)
    versions = [
        [(image, versions_in(hit, image, where, cuts[hit.key.directory, image])) for image in images]
        for hit, images in zip(found, chosen, strict=True)
    ]
    numbers = {number for each in versions for _, those in each for _, number, _ in those}
    entries = entries_numbered(sorted(numbers))
    images = Image.objects.in_bulk(lineages)
    names = names_of_images() if images else {}
    return [
        Seen(
            hit.path,
            hit.key.rank,
            tuple(
                Sighting(images[key], called(images[key], names), position, entries.get(number), hidden_by)
                for key, those in each
                for position, number, hidden_by in told(those, entries)
            ),
            len(all_images),
        )
        for hit, each, all_images in zip(found, versions, holding, strict=True)
    ]


def called(image: Image, names: dict[int, list[tuple[str, str]]]) -> tuple[str, ...]:
    """What docker would call an image."""
    return tuple(f"{repository}:{tag}" for repository, tag in names.get(image.pk, ()))


Where = dict[int, dict[int, list[int]]]
"""For each layer, the images it is in, and at which positions."""


def positions_of(layers: Iterable[int]) -> Where:
    """Where layers stand."""
    found: Where = defaultdict(lambda: defaultdict(list))
    keys = sorted(layers)
    for start in range(0, len(keys), KEYS_A_QUERY):
        rows = visible_places().filter(layer__in=keys[start : start + KEYS_A_QUERY])
        for layer, image, position in rows.values_list("layer_id", "image_id", "position"):
            found[layer][image].append(position)
    return found


def visible_places() -> QuerySet[ImageLayer]:
    """Layers where they stand in the images that whoever acts may see, in no order."""
    rows = ImageLayer.objects.order_by()
    return rows if sees_all() else rows.filter(image__in=Image.objects.visible())


def images_holding(hit: Hit, where: Where) -> list[int]:
    """The images that a wanted layer is in, the newest first."""
    return sorted({image for layer in hit.wanted for image in where.get(layer, ())}, reverse=True)


def lineages_of(images: Iterable[int]) -> dict[int, list[int]]:
    """The chains of each image from the bottom up."""
    found: dict[int, list[int]] = {image: [] for image in sorted(images)}
    rows = ImageLayer.objects.filter(image__in=found).order_by("image_id", "position")
    for image, chain in rows.values_list("image_id", "chain_id"):
        found[image].append(chain)
    return found


def cut_positions(found: Sequence[Hit], lineages: dict[int, list[int]]) -> dict[tuple[bytes, int], set[int]]:
    """For a directory and an image, the layers that take away what is in it below them."""
    directories = sorted({hit.key.directory for hit in found})
    chains = sorted({chain for lineage in lineages.values() for chain in lineage})
    cutting: dict[bytes, set[int]] = defaultdict(set)
    for start in range(0, len(chains), KEYS_A_QUERY):
        some = chains[start : start + KEYS_A_QUERY]
        with connection.cursor() as cursor:
            cursor.execute(CUTS.format(marks(directories), marks(some)), [*directories, *some])
            for path, chain in cursor.fetchall():
                cutting[bytes(path)].add(chain)
    return {
        (directory, image): {at for at, chain in enumerate(lineage) if chain in cutting[directory]}
        for directory in directories
        for image, lineage in lineages.items()
    }


Version = tuple[int, int, Above | None]
"""The layer, the entry, and what hides it."""


def told(versions: Sequence[Version], entries: dict[int, Entry]) -> Iterator[Version]:
    """The versions, the top first; of a directory that upper layers have too, only the top one.

    Its older entries are not hidden files: what is in it shows through.
    """
    above: Entry | None = None
    for position, number, hidden_by in versions:
        entry = entries.get(number)
        is_again = hidden_by is not None and not hidden_by.deletes and is_directory(above)
        if not (is_again and is_directory(entry)):
            yield position, number, hidden_by
        above = entry


def is_directory(entry: Entry | None) -> bool:
    return entry is not None and entry.kind is Kind.DIRECTORY


def versions_in(hit: Hit, image: int, where: Where, cuts: set[int]) -> list[Version]:
    """The wanted versions of the path in an image, the top first."""
    events: dict[int, bool] = dict.fromkeys(cuts, True)
    versions: dict[int, int] = {}
    for layer, number, whiteout in hit.held:
        for position in where.get(layer, {}).get(image, ()):
            events[position] = whiteout
            if layer in hit.wanted:
                versions[position] = number
    ordered = sorted(events)
    found = []
    for position, number in sorted(versions.items(), reverse=True):
        above = next((other for other in ordered if other > position), None)
        hidden_by = None if above is None else Above(above, events[above])
        found.append((position, number, hidden_by))
    return found
