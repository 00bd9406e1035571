"""Delete an image, or a name, with all that no other image needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from layers.models import Image, IndexEntry, Reference
from layers.oci.errors import OCIError
from layers.operations.record_audit import record_audit
from layers.operations.sweep import Swept, sweep
from layers.queries.indexes import images_of_indexes


class ImageInUse(OCIError):
    """A container stands on the image."""


@dataclass(frozen=True, slots=True)
class DeletedImage:
    """What a delete took away."""

    image_id: str
    chain_ids: tuple[str, ...]
    """Of the layers that went with it, the top first."""
    size: int
    """Bytes that are free again."""


def delete_image(*, image: Image) -> DeletedImage:
    """Delete the image and its names; a name of an index goes on to another platform in it, if any.

    Raises:
        ImageInUse: a container stands on it.
    """
    return delete_images(lambda: [image])[0]


def delete_reference(*, reference: Reference, force: bool = False) -> list[DeletedImage]:
    """Delete the name, and each image it named that is left without any.

    Raises:
        ImageInUse: a container stands on such an image; with ``force`` that one stays, without a name.
    """

    def left() -> list[Image]:
        candidates = {reference.image_id, *images_of_indexes().get(reference.index_id, ())}
        reference.delete()
        images = Image.objects.filter(pk__in=candidates)
        return [image for image in images if not is_named(image) and not (force and is_used(image))]

    return delete_images(left)


def delete_unnamed(*, image: Image) -> list[DeletedImage]:
    """Delete the image unless it has a name, or a container, by now."""
    return delete_images(lambda: [] if is_named(image) or is_used(image) else [image])


def delete_images(choose: Callable[[], Iterable[Image]]) -> list[DeletedImage]:
    """Delete what ``choose`` finds, in the transaction that it looks in."""
    chosen: list[tuple[str, frozenset[str]]] = []

    def withdraw_chosen() -> None:
        for image in choose():
            chains = image.image_layers.values_list("chain__chain_id", flat=True)
            chosen.append((image.image_id, frozenset(chains)))
            withdraw(image)

    swept = sweep(withdraw_chosen)
    for image_id, _chains in chosen:
        record_audit(action="delete image", target=image_id)
    return deleted(chosen, swept)


def deleted(images: list[tuple[str, frozenset[str]]], swept: Swept) -> list[DeletedImage]:
    """What went with each image; what several had, and all the bytes, with the first of them."""
    found: list[DeletedImage] = []
    left, size = swept.chain_ids, swept.size
    for image_id, chains in images:
        its = tuple(chain_id for chain_id in left if chain_id in chains)
        found.append(DeletedImage(image_id, its, size))
        left, size = tuple(chain_id for chain_id in left if chain_id not in chains), 0
    return found


def is_named(image: Image) -> bool:
    """Whether a name leads to the image, by itself or through an index."""
    indexes = [index for index, images in images_of_indexes().items() if image.pk in images]
    return image.references.exists() or Reference.objects.filter(index__in=indexes).exists()


def is_used(image: Image) -> bool:
    """Whether a container stands on the image."""
    return image.containers.exists()


def withdraw(image: Image) -> None:
    """Delete the row and what hangs on it; an index that lists it keeps saying so."""
    container = image.containers.first()
    if container is not None:
        raise ImageInUse(
            _("conflict: unable to remove %(image)s - container %(container)s is using it")
            % {
                "image": image.image_id.partition(":")[2][:12],
                "container": f"{container.short_id} ({container.name})",
            }
        )
    members = images_of_indexes()
    for reference in image.references.exclude(index=None):
        others = sorted(members.get(reference.index_id, set()) - {image.pk})
        if others:
            reference.image_id = others[0]
            reference.save(update_fields=["image", "updated_at"])
    IndexEntry.objects.filter(manifest__image=image).update(manifest=None)
    image.delete()
