"""Delete an image, or a name, with all that no other image needs."""

from dataclasses import dataclass

from layers.models import Image, IndexEntry, Reference
from layers.operations.sweep import sweep
from layers.queries.indexes import images_of_indexes


@dataclass(frozen=True, slots=True)
class DeletedImage:
    """What a delete took away."""

    image_id: str
    chain_ids: tuple[str, ...]
    """Of the layers that went with it, the top first."""
    size: int
    """Bytes that are free again."""


def delete_image(*, image: Image) -> DeletedImage:
    """Delete the image and its names; a name of an index goes on to another platform in it, if any."""
    its_chains = set(image.image_layers.values_list("chain__chain_id", flat=True))
    swept = sweep(lambda: withdraw(image))
    gone = tuple(chain_id for chain_id in swept.chain_ids if chain_id in its_chains)
    return DeletedImage(image.image_id, gone, swept.size)


def delete_reference(*, reference: Reference) -> list[DeletedImage]:
    """Delete the name, and each image it named that is left without any."""
    candidates = {reference.image_id, *images_of_indexes().get(reference.index_id, ())}
    reference.delete()
    left = [image for image in Image.objects.filter(pk__in=candidates) if not is_named(image)]
    return [delete_image(image=image) for image in left]


def is_named(image: Image) -> bool:
    """Whether a name leads to the image, by itself or through an index."""
    indexes = [index for index, images in images_of_indexes().items() if image.pk in images]
    return image.references.exists() or Reference.objects.filter(index__in=indexes).exists()


def withdraw(image: Image) -> None:
    """Delete the row and what hangs on it; an index that lists it keeps saying so."""
    members = images_of_indexes()
    for reference in image.references.exclude(index=None):
        others = sorted(members.get(reference.index_id, set()) - {image.pk})
        if others:
            reference.image_id = others[0]
            reference.save(update_fields=["image", "updated_at"])
    IndexEntry.objects.filter(manifest__image=image).update(manifest=None)
    image.delete()
