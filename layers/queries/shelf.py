"""The shelf: which images stand on which, what they share, and what each has for itself.

Images with the same lowest layers share them. A *stand* is a place where layers
end an image, or where images part: the shelf is a tree of stands.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from layers.models import Chain, HistoryRow, Image, ImageLayer
from layers.models.acting import sees_all
from layers.queries.history import step
from layers.queries.images import names_of_images, short_id
from layers.queries.stack import shortened


@dataclass(frozen=True, slots=True)
class ShelvedImage:
    """An image where it stands."""

    image: Image
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.names[0] if self.names else short_id(self.image)

    @property
    def is_named(self) -> bool:
        return bool(self.names)


@dataclass(slots=True)
class Stand:
    """Layers upon those of the stand below, the last of which ends an image or is where images part."""

    chain_id: str
    diff_id: str
    """Of the top layer."""
    depth: int
    """Position of the top layer in each image that has it."""
    layer_count: int
    own_size: int
    """Bytes of the files in these layers, as docker counts them."""
    whole_size: int
    """The same with all layers below."""
    images: list[ShelvedImage]
    """Those that end here."""
    image_count: int
    """Those that have these layers."""
    children: "list[Stand]"

    @property
    def name(self) -> str:
        """That of its first image with a name; empty for a stand that is none."""
        named = first_named(self.images)
        return named.name if named else self.images[0].name if self.images else ""

    @property
    def first_position(self) -> int:
        """The lowest of its own layers."""
        return self.depth - self.layer_count + 1


class Link(NamedTuple):
    """A chain and what it adds to its parent."""

    parent: int | None
    depth: int
    size: int
    chain_id: str
    diff_id: str


@dataclass(frozen=True, slots=True)
class ShelfTotals:
    """All images together."""

    image_count: int
    sum_size: int
    """As if each image had its layers for itself."""
    shared_once_size: int
    """Each layer counted once for each chain it tops."""

    @property
    def saved_size(self) -> int:
        return self.sum_size - self.shared_once_size


@dataclass(frozen=True, slots=True)
class ShelfTree:
    """The stands that stand on nothing, largest families first, and images without layers."""

    roots: Sequence[Stand]
    bare: Sequence[ShelvedImage]
    totals: ShelfTotals

    def stands(self) -> Iterator[tuple[Stand, tuple[bool, ...]]]:
        """Each before those upon it, with whether, at each level down to it, others follow."""
        todo = walked(self.roots, ())
        while todo:
            stand, follows = todo.pop()
            yield stand, follows
            todo += walked(stand.children, follows)


def walked(stands: Sequence[Stand], follows: tuple[bool, ...]) -> list[tuple[Stand, tuple[bool, ...]]]:
    """Stands beside each other, the last first."""
    last = len(stands) - 1
    return [(stand, (*follows, at < last)) for at, stand in reversed(list(enumerate(stands)))]


def shelf_tree() -> ShelfTree:
    """The images that whoever acts may see, as a tree."""
    shelved = shelved_images()
    ending: Ending = defaultdict(list)
    for each in shelved:
        if each.image.chain_id is not None:
            ending[each.image.chain_id].append(each)
    links = links_below(ending)
    children: Children = defaultdict(list)
    for key, link in links.items():
        children[link.parent].append(key)
    roots = in_order([stand_at(key, 0, links, children, ending) for key in children[None]])
    bare = [each for each in shelved if each.image.chain_id is None]
    once = sum(link.size for link in links.values())
    totals = ShelfTotals(len(shelved), sum(each.image.size for each in shelved), once)
    return ShelfTree(roots, bare, totals)


Links = dict[int, Link]
Children = defaultdict[int | None, list[int]]
Ending = defaultdict[int, list[ShelvedImage]]


def shelved_images() -> list[ShelvedImage]:
    """The images that whoever acts may see, the newest first."""
    names = names_of_images()
    images = Image.objects.visible().order_by("-pk")
    return [
        ShelvedImage(image, tuple(f"{repository}:{tag}" for repository, tag in names.get(image.pk, ())))
        for image in images
    ]


def links_below(tops: Iterable[int]) -> Links:
    """The chains that end at ``tops``, and all below them, the lowest first."""
    columns = ("pk", "parent_id", "depth", "layer__content_size", "chain_id", "layer__diff_id")
    rows = Chain.objects.filter(staging="").order_by("depth", "pk").values_list(*columns)
    links = {key: Link(*link) for key, *link in rows}
    needed: set[int | None] = {None}
    for top in tops:
        key: int | None = top
        while key not in needed:
            needed.add(key)
            key = links[key].parent if key is not None else None
    return {key: link for key, link in links.items() if key in needed}


def stand_at(key: int, below: int, links: Links, children: Children, ending: Ending) -> Stand:
    """The stand whose lowest layer is that of a chain, with all that stands on it; ``below`` it are bytes."""
    own, count = links[key].size, 1
    while len(children[key]) == 1 and not ending[key]:
        (key,) = children[key]
        own, count = own + links[key].size, count + 1
    link = links[key]
    upon = in_order([stand_at(child, below + own, links, children, ending) for child in children[key]])
    return Stand(
        chain_id=link.chain_id,
        diff_id=link.diff_id,
        depth=link.depth,
        layer_count=count,
        own_size=own,
        whole_size=below + own,
        images=ending[key],
        image_count=len(ending[key]) + sum(stand.image_count for stand in upon),
        children=upon,
    )


def in_order(stands: list[Stand]) -> list[Stand]:
    """The largest families first, then by name."""
    return sorted(stands, key=lambda stand: (-stand.image_count, stand.name.casefold(), stand.chain_id))


@dataclass(frozen=True, slots=True)
class Base:
    """What an image is built on: the longest beginning of it that is an image with a name."""

    shelved: ShelvedImage
    layer_count: int
    """Layers of the image upon it."""


def bases(tree: ShelfTree) -> dict[int, Base]:
    """The base of each image that has one, by the image's key."""
    found: dict[int, Base] = {}
    todo: list[tuple[Stand, Stand | None]] = [(root, None) for root in tree.roots]
    while todo:
        stand, below = todo.pop()
        if below is not None:
            base = Base(first_named(below.images) or below.images[0], stand.depth - below.depth)
            found.update((each.image.pk, base) for each in stand.images)
        next_base = stand if first_named(stand.images) else below
        todo += [(child, next_base) for child in stand.children]
    return found


def first_named(images: Sequence[ShelvedImage]) -> ShelvedImage | None:
    return next((each for each in images if each.is_named), None)


def base_of(image: Image) -> Base | None:
    """The same for one image, without looking at the others."""
    if image.chain is None:
        return None
    below = Image.objects.visible().filter(chain__in=image.chain.lineage[:-1]).select_related("chain")
    candidates = list(below.order_by("chain__depth", "-pk"))
    names = names_of_images() if candidates else {}
    named = [each for each in candidates if each.pk in names]
    if not named:
        return None
    depth = max(each.chain.depth for each in named if each.chain is not None)
    base = next(each for each in named if each.chain is not None and each.chain.depth == depth)
    known = tuple(f"{repository}:{tag}" for repository, tag in names[base.pk])
    return Base(ShelvedImage(base, known), image.chain.depth - depth)


def instructions(chain_ids: Iterable[str]) -> dict[str, str]:
    """What made the top layer of each chain, as one of its images tells it."""
    rows = ImageLayer.objects.filter(chain__chain_id__in=list(chain_ids)).order_by("-image_id")
    if not sees_all():
        rows = rows.filter(image__in=Image.objects.visible())
    one = {
        chain: (image, at) for chain, image, at in rows.values_list("chain__chain_id", "image_id", "position")
    }
    steps = HistoryRow.objects.filter(image__in={image for image, _ in one.values()}, position__isnull=False)
    told = {(row.image_id, row.position): shortened(step(row, {}, "").instruction) for row in steps}
    return {chain: told.get(place, "") for chain, place in one.items()}
