"""Take away what the library keeps for nobody, images without a name as well."""

from dataclasses import dataclass

from layers.models import Image
from layers.operations.collect_garbage import NO_GRACE, collect_garbage
from layers.operations.delete_image import DeletedImage, delete_unnamed, is_named


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a prune took away."""

    images: tuple[DeletedImage, ...]
    size: int
    """Bytes that are free again, those of the images included."""


def prune_blobs() -> Pruned:
    """Delete images without a name, and blobs, layers and leftovers that nothing needs.

    What an import under way has brought stays.
    """
    images = tuple(gone for image in dangling_images() for gone in delete_unnamed(image=image))
    collected = collect_garbage(grace=NO_GRACE)
    return Pruned(images, sum(image.size for image in images) + collected.size)


def dangling_images() -> list[Image]:
    """Images that no name leads to and no container stands on, newest first."""
    images = Image.objects.filter(references=None, containers=None).order_by("-pk")
    return [image for image in images if not is_named(image)]
