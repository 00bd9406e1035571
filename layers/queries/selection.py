"""The images that the words of ``save`` mean, and the names to save them with."""

from collections.abc import Iterable

from layers import models
from layers.models import Image
from layers.oci.errors import InvalidReference
from layers.oci.reference import Reference
from layers.queries.images import find_image, find_reference

Selection = list[tuple[Image, tuple[Reference, ...]]]


def select_images(texts: Iterable[str]) -> Selection:
    """Each image once, with the names it was asked for by.

    As in docker, a repository without a tag means every name in it, and an
    image that is asked for by ID or digest is saved without a name.

    Raises:
        ImageNotFound, AmbiguousImage
    """
    chosen: dict[Image, dict[Reference, None]] = {}
    for text in texts:
        for image, names in _meant(text):
            chosen.setdefault(image, {}).update(dict.fromkeys(names))
    return [(image, tuple(names)) for image, names in chosen.items()]


def _meant(text: str) -> Selection:
    rows = _named(text)
    return [(row.image, (_name(row),)) for row in rows] or [(find_image(text), ())]


def _named(text: str) -> list[models.Reference]:
    """The rows of a repository, or of one name in it; none for what is no name."""
    try:
        name = Reference.parse(text)
    except InvalidReference:
        return []
    if name.tag or name.digest:
        return [row] if (row := find_reference(text)) else []
    rows = models.Reference.objects.visible().filter(repository=name.repository)
    return list(rows.select_related("image").order_by("tag"))


def _name(row: models.Reference) -> Reference:
    return Reference.parse(f"{row.repository}:{row.tag}")
