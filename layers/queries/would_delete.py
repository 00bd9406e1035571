"""Which images ``rmi`` would delete: those given by ID, and those that lose their last name."""

from collections.abc import Sequence
from dataclasses import dataclass

from layers.models import Image, Reference
from layers.queries.indexes import images_of_indexes


@dataclass(frozen=True, slots=True)
class WouldDelete:
    """What a deletion would begin with; what goes along is told by ``layers.queries.freed``."""

    references: Sequence[Reference]
    images: Sequence[Image]
    """Without those that a container stands on."""
    used: Sequence[Image]
    """Those that a container stands on: they stay."""


def would_delete(references: Sequence[Reference], images: Sequence[Image]) -> WouldDelete:
    """What would go if these names were taken away, and these images deleted."""
    members = images_of_indexes()
    taken = {row.pk for row in references}
    left: dict[int, list[Reference]] = {}
    for row in Reference.objects.exclude(pk__in=taken):
        for image in {row.image_id, *members.get(row.index_id, ())}:
            left.setdefault(image, []).append(row)
    losing = {key for row in references for key in {row.image_id, *members.get(row.index_id, ())}}
    gone = {key for key in losing if key not in left} | {image.pk for image in images}
    lost = [
        row
        for image in images
        for row in image.references.order_by("repository", "tag")
        if row.pk not in taken
    ]
    rows = Image.objects.filter(pk__in=gone).order_by("-pk").prefetch_related("containers")
    return WouldDelete(
        references=[*references, *lost],
        images=[image for image in rows if not image.containers.all()],
        used=[image for image in rows if image.containers.all()],
    )
