"""Images: all of them, and the one that a name or an ID means."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from layers import models
from layers.models import Image, ImageLayer
from layers.models.acting import sees_all
from layers.oci.config import parse_created
from layers.oci.descriptor import Platform
from layers.oci.errors import InvalidReference, shown
from layers.oci.reference import Reference
from layers.queries.indexes import PlatformRow, images_of_indexes, platforms

__all__ = [
    "AmbiguousImage",
    "ImageNotFound",
    "ImageRow",
    "PlatformRow",
    "find_image",
    "find_reference",
    "list_images",
    "platform_of",
    "platforms",
    "repository_digests",
    "short_id",
]

NONE: Final = "<none>"
NAMES_LISTED: Final = 12
ID_PREFIX: Final = re.compile(r"(?:(sha256|sha512):)?([0-9a-f]{1,128})")
LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


class ImageNotFound(LookupError):
    """No image has that name or ID. The message lists what there is."""


class AmbiguousImage(LookupError):
    """Several images have an ID that starts so. The message lists them."""


@dataclass(frozen=True, slots=True)
class ImageRow:
    """A row of ``docker images``: one for each name of an image, one for an image without."""

    image: Image
    repository: str
    tag: str
    created: datetime | None
    size: int
    shared_size: int
    """Bytes of its layers that other images stand on as well."""
    layer_count: int

    @property
    def short_id(self) -> str:
        return short_id(self.image)

    @property
    def unique_size(self) -> int:
        return self.size - self.shared_size

    @property
    def platform(self) -> str:
        return platform_of(self.image)


def short_id(image: Image) -> str:
    """The first twelve digits, as docker shows an ID."""
    return image.image_id.partition(":")[2][:12]


def platform_of(image: Image) -> str:
    """``os/architecture[/variant]``; what the config does not say is left out."""
    return str(Platform(image.os, image.architecture, image.variant))


def list_images(text: str = "") -> list[ImageRow]:
    """Every image, newest first, a row for each name; only rows with ``text`` in name, ID or platform."""
    shares = shared_sizes()
    names = names_of_images()
    rows = [
        ImageRow(
            image, repository, tag, parse_created(image.created), image.size, *shares.get(image.pk, (0, 0))
        )
        for image in Image.objects.visible().order_by("-pk")
        for repository, tag in names.get(image.pk) or [(NONE, NONE)]
    ]
    rows = [row for row in rows if text.casefold() in searched(row)]
    return sorted(rows, key=lambda row: row.created or LONG_AGO, reverse=True)


def searched(row: ImageRow) -> str:
    """What a filter looks at."""
    return f"{row.repository}:{row.tag} {row.image.image_id} {row.platform}".casefold()


def shared_sizes() -> dict[int, tuple[int, int]]:
    """For each image that has layers, the bytes it shares with others and the number of its layers.

    Others are those that whoever acts may see.
    """
    seen = ImageLayer.objects.order_by()
    if not sees_all():
        seen = seen.filter(image__in=Image.objects.visible())
    counts = seen.values("chain").annotate(users=Count("image", distinct=True))
    shared = Q(chain__in=counts.filter(users__gt=1).values("chain"))
    rows = seen.values("image")
    sums = rows.annotate(shared=Sum("layer__content_size", filter=shared), count=Count("pk"))
    return {row["image"]: (row["shared"] or 0, row["count"]) for row in sums}


def names_of_images() -> dict[int, list[tuple[str, str]]]:
    """For each image that has a name, its repositories as docker shows them, and tags.

    A name on an index is the name of every image in it.
    """
    return _names(models.Reference.objects.visible())


def names_of(image: Image) -> list[tuple[str, str]]:
    """The names of one image, without a look at those of all others."""
    seen = models.Reference.objects.visible().filter(Q(image=image) | Q(index__isnull=False))
    return _names(seen).get(image.pk, [])


def _names(references: QuerySet[models.Reference]) -> dict[int, list[tuple[str, str]]]:
    members = images_of_indexes()
    names: dict[int, list[tuple[str, str]]] = {}
    for row in references.order_by("repository", "tag"):
        name = (familiar(row.repository), row.tag)
        for image in {row.image_id, *members.get(row.index_id, ())}:
            names.setdefault(image, []).append(name)
    return names


@lru_cache(4096)
def familiar(repository: str) -> str:
    """A repository as docker shows it."""
    return Reference.parse(repository).familiar_repository


def find_image(text: str) -> Image:
    """The image that ``name[:tag]``, ``name@digest``, an ID or the unique beginning of one means.

    A name goes before an ID, as in docker.

    Raises:
        ImageNotFound, AmbiguousImage
    """
    if reference := find_reference(text):
        return reference.image
    found = image_by_digest(text) or images_by_id(text)
    if len(found) > 1:
        message = _("%(text)s is the beginning of several IDs: %(images)s.")
        raise AmbiguousImage(message % {"text": shown(text), "images": listed(found)})
    if not found:
        raise ImageNotFound(absence(text))
    return found[0]


def absence(text: str) -> str:
    """That there is no such image, and what there is."""
    images = Image.objects.visible().order_by("-pk")
    if not images:
        return _("No image is called %(text)s: the library is empty.") % {"text": shown(text)}
    message = _("No image is called %(text)s; there are: %(images)s.")
    return message % {"text": shown(text), "images": listed(images)}


def find_reference(text: str) -> models.Reference | None:
    """The row of a ``name[:tag]``; without a tag it is ``latest``."""
    try:
        name = Reference.parse(text).with_default_tag()
    except InvalidReference:
        return None
    rows = models.Reference.objects.visible().filter(repository=name.repository, tag=name.tag or "")
    return None if name.digest else rows.select_related("image").first()


def image_by_digest(text: str) -> list[Image]:
    """The image that a ``name@digest`` means; the digest is that of a manifest, an index or a config."""
    try:
        name = Reference.parse(text)
    except InvalidReference:
        return []
    rows = models.Reference.objects.visible().filter(repository=name.repository).select_related("image")
    if not name.digest or not rows:
        return []
    on_index = [row.image for row in rows.filter(index__blob__digest=name.digest)]
    named = {row.image_id for row in rows}.union(*(images_of_indexes().get(row.index_id, ()) for row in rows))
    return (on_index or list(with_digest(name.digest).filter(pk__in=named)))[:1]


def with_digest(digest: str) -> QuerySet[Image]:
    """Images whose manifest or config has the digest."""
    named = models.Manifest.objects.visible().filter(blob__digest=digest)
    return Image.objects.visible().filter(Q(manifests__in=named) | Q(image_id=digest)).distinct()


def images_by_id(text: str) -> list[Image]:
    """Images whose ID begins so, else those whose manifest's digest does."""
    match = ID_PREFIX.fullmatch(text)
    if match is None:
        return []
    start = f"{match[1] or 'sha256'}:{match[2]}"
    by_id = Image.objects.visible().filter(image_id__startswith=start).order_by("image_id")
    named = models.Manifest.objects.visible().filter(blob__digest__startswith=start)
    by_manifest = Image.objects.visible().filter(manifests__in=named).distinct()
    return list(by_id) or list(by_manifest)


def listed(images: Iterable[Image]) -> str:
    """Images by name, or by ID where they have none: as many as a sentence holds."""
    names = names_of_images()
    words = [word for image in images for word in words_for(image, names)]
    words.sort(key=lambda word: ":" not in word)
    if len(words) > NAMES_LISTED:
        words[NAMES_LISTED:] = [_("%(count)d more") % {"count": len(words) - NAMES_LISTED}]
    return ", ".join(words)


def words_for(image: Image, names: dict[int, list[tuple[str, str]]]) -> list[str]:
    """What a person would call the image."""
    return [f"{repository}:{tag}" for repository, tag in names.get(image.pk, ())] or [short_id(image)]


def repository_digests(image: Image) -> list[str]:
    """``name@digest`` for each repository it is named in, where its manifest or index is known."""
    manifests = list(image.manifests.visible().values_list("blob__digest", flat=True))
    found = set()
    for row in image.references.select_related("index__blob"):
        name = Reference.parse(row.repository).familiar_repository
        found |= {f"{name}@{digest}" for digest in ([row.index.blob.digest] if row.index else manifests)}
    return sorted(found)
