"""Texts of images that hold what is searched for: names, digests, steps of the history, lines of the config.

Many images tell the same: an equal text is found once, with the images that have
it. ASCII letters match in either case.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Max, Q, QuerySet

from layers.models import Chain, ConfigText, HistoryRow, Image, ImageLayer, Layer, Manifest, StoredLayer
from layers.models.acting import sees_all
from layers.queries.images import names_of_images, short_id
from layers.queries.sightings import Above

DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")
PLACES: Final = 5
"""Images that are named beside a text; how many more there are is counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """An image that has a text, and where."""

    image: Image
    names: tuple[str, ...]
    """What docker would call it."""
    position: int | None = None
    """The layer; None where the text is of no layer."""
    index: int | None = None
    """The step of the history, 0 the oldest."""
    hidden_by: Above | None = None
    """The layer that took a package away, or put another version in its place."""

    @property
    def name(self) -> str:
        return self.names[0] if self.names else short_id(self.image)


@dataclass(frozen=True, slots=True)
class TextHit:
    """A text that was found."""

    key: int
    """Where it stands among the results: they go on with those of a smaller key."""
    field: str
    text: str
    places: tuple[Place, ...]
    image_count: int
    diff_id: str = ""
    """Of a layer."""

    @property
    def others(self) -> int:
        """Images that have it and are not among the places."""
        return self.image_count - len({place.image.pk for place in self.places})


@dataclass(frozen=True, slots=True)
class TextPage:
    """Some of the texts, and how many there are in all."""

    hits: Sequence[TextHit]
    total: int


Names = dict[int, list[tuple[str, str]]]
Finder = Callable[[str, int | None, int], TextPage]
"""Finds a text: those with a key below the second argument, at most as many as the third."""


def find_images(text: str, before: int | None, limit: int) -> TextPage:
    """Images by name, tag, or the beginning of their ID or their manifest's digest; the newest first."""
    names = names_of_images()
    wanted = text.casefold()
    named = {
        image
        for image, known in names.items()
        if any(wanted in f"{repository}:{tag}".casefold() for repository, tag in known)
    }
    found: dict[int, str] = dict.fromkeys(named, "name")
    for field, rows in digest_rows(text):
        for key in rows:
            found.setdefault(key, field)
    if not sees_all():
        seen = Image.objects.visible().filter(pk__in=found)
        found = {key: found[key] for key in seen.values_list("pk", flat=True)}
    keys = sorted((key for key in found if before is None or key < before), reverse=True)[:limit]
    images = Image.objects.in_bulk(keys)
    hits = [
        TextHit(key, found[key], images[key].image_id, (place(images[key], names),), 1)
        for key in keys
        if key in images
    ]
    return TextPage(hits, len(found))


def digest_rows(text: str) -> Iterable[tuple[str, QuerySet[Image, int]]]:
    """Keys of the images whose ID or manifest begins so."""
    digits = digest_prefix(text)
    if digits:
        yield "image ID", Image.objects.filter(image_id__startswith=digits).values_list("pk", flat=True)
        named = Manifest.objects.visible().filter(blob__digest__startswith=digits)
        by_manifest = Image.objects.filter(manifests__in=named)
        yield "manifest", by_manifest.values_list("pk", flat=True)


def digest_prefix(text: str) -> str:
    """The beginning of a digest that ``text`` is, in full form; empty where it is none."""
    match = DIGEST.fullmatch(text.strip().lower())
    return f"sha256:{match[1]}" if match else ""


def find_layers(text: str, before: int | None, limit: int) -> TextPage:
    """Layers by the beginning of a digest: their diff ID, a chain ID, or that of a stored form."""
    digits = digest_prefix(text)
    if not digits:
        return TextPage([], 0)
    found: dict[int, tuple[str, str]] = {}
    chains = Chain.objects.filter(staging="")
    stored = StoredLayer.objects.filter(layer__staging="", blob__digest__startswith=digits)
    if not sees_all():
        stored = stored.filter(image_layers__image__in=Image.objects.visible())
        chains = chains.filter(image_layers__image__in=Image.objects.visible())
    for field, rows in (
        ("chain ID", chains.filter(chain_id__startswith=digits).values_list("layer", "chain_id")),
        ("blob", stored.values_list("layer", "blob__digest")),
        ("diff ID", chains.filter(layer__diff_id__startswith=digits).values_list("layer", "layer__diff_id")),
    ):
        found.update((layer, (field, digest)) for layer, digest in rows)
    if not sees_all():
        seen = visible(ImageLayer.objects.filter(layer__in=found)).values_list("layer_id", flat=True)
        found = {key: found[key] for key in set(seen)}
    keys = sorted((key for key in found if before is None or key < before), reverse=True)[:limit]
    rows = visible(ImageLayer.objects.filter(layer__in=keys)).order_by("-image_id", "position")
    where = places(rows.values_list("layer_id", "image_id", "position"))
    diff_ids = dict(Layer.objects.filter(pk__in=keys).values_list("pk", "diff_id"))
    hits = [TextHit(key, *found[key], *where[key], diff_ids[key]) for key in keys]
    return TextPage(hits, len(found))


def find_steps(text: str, before: int | None, limit: int) -> TextPage:
    """Commands of the history, the newest first; also those whose comment has the text."""
    told = visible(HistoryRow.objects.all())
    matching = told.filter(Q(created_by__icontains=text) | Q(comment__icontains=text))
    groups = matching.order_by().values("created_by").annotate(key=Max("pk"))
    chosen = {each["created_by"]: each["key"] for each in older(groups, before)[:limit]}
    rows = told.filter(created_by__in=chosen).order_by("-image_id", "index")
    where = places(rows.values_list("created_by", "image_id", "position", "index"))
    hits = [TextHit(key, "", step, *where.get(step, ((), 0))) for step, key in chosen.items()]
    return TextPage(hits, groups.count())


def find_config(text: str, before: int | None, limit: int) -> TextPage:
    """Lines of the config: environment, labels, commands and the like."""
    told = visible(ConfigText.objects.all())
    groups = told.filter(text__icontains=text).order_by().values("field", "text").annotate(key=Max("pk"))
    chosen = {(each["field"], each["text"]): each["key"] for each in older(groups, before)[:limit]}
    rows = told.filter(text__in=[line for _, line in chosen]).order_by("-image_id")
    lines = rows.values_list("field", "text", "image_id")
    where = places(((field, line), image) for field, line, image in lines)
    hits = [TextHit(key, *line, *where.get(line, ((), 0))) for line, key in chosen.items()]
    return TextPage(hits, groups.count())


def lacking_configs() -> int:
    """Images whose config is not indexed yet."""
    return Image.objects.visible().filter(config_texts=None).count()


def visible(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those rows that are of images that whoever acts may see."""
    return rows if sees_all() else rows.filter(image__in=Image.objects.visible())


def older(groups: QuerySet[Any, dict[str, Any]], before: int | None) -> QuerySet[Any, dict[str, Any]]:
    """Groups of rows in the order of their newest, those that come after ``before``."""
    return (groups if before is None else groups.filter(key__lt=before)).order_by("-key")


def places(rows: Iterable[tuple[Any, ...]]) -> dict[Any, tuple[tuple[Place, ...], int]]:
    """For each text, some images, and how many have it; rows are a text, an image, and where in it."""
    kept: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
    holding: dict[Any, set[int]] = defaultdict(set)
    for text, *where in rows:
        if len(kept[text]) < PLACES:
            kept[text].append(tuple(where))
        holding[text].add(where[0])
    images = Image.objects.in_bulk({each[0] for some in kept.values() for each in some})
    names = names_of_images() if images else {}
    return {
        text: (
            tuple(place(images[key], names, *rest) for key, *rest in some if key in images),
            len(holding[text]),
        )
        for text, some in kept.items()
    }


def place(image: Image, names: Names, position: int | None = None, index: int | None = None) -> Place:
    """An image by its names."""
    known = names.get(image.pk, ())
    return Place(image, tuple(f"{repository}:{tag}" for repository, tag in known), position, index)
