"""Take away what the library keeps for nobody."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from layers.models import Image
from layers.operations.clean_abandoned import clean_abandoned, named_digests
from layers.operations.delete_image import DeletedImage, delete_unnamed, is_named
from layers.operations.sweep import sweep
from layers.storage import blob_path, remove_blobs, stored_digests

DIGESTS_AT_ONCE = 500


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
    clean_abandoned()
    images = tuple(gone for image in dangling_images() for gone in delete_unnamed(image=image))
    swept = sweep(lambda: None, alone=True)
    return Pruned(images, sum(image.size for image in images) + swept.size + remove_strays())


def dangling_images() -> list[Image]:
    """Images that no name leads to and no container stands on, newest first."""
    images = Image.objects.filter(references=None, containers=None).order_by("-pk")
    return [image for image in images if not is_named(image)]


def remove_strays() -> int:
    """Remove files of the blob store that no row names, and no import under way; tells their bytes."""
    digests, size = stored_digests(), 0
    while batch := set(islice(digests, DIGESTS_AT_ONCE)):
        sizes = {digest: size_of(digest) for digest in batch - named_digests(batch)}
        size += sum(sizes[digest] for digest in remove_blobs(sizes, named_digests))
    return size


def size_of(digest: str) -> int:
    """Bytes of the blob; 0 where somebody else was quicker."""
    with suppress(FileNotFoundError):
        return blob_path(digest).stat().st_size
    return 0
