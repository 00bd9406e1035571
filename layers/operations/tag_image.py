"""Give an image a name."""

from layers import models
from layers.models import Image, Manifest
from layers.oci.reference import Reference
from layers.operations.own_names import check_name
from layers.operations.record_audit import record_audit


def tag_image(*, image: Image, reference: Reference, index: Manifest | None = None) -> models.Reference:
    """Let ``reference`` name ``image``, whatever it named before; with ``index``, its other platforms too.

    Raises ``NotYourName`` for one that belongs to others.
    """
    name = reference.with_default_tag()
    check_name(name)
    record_audit(action="tag image", target=f"{name.familiar}: {image.image_id}")
    return models.Reference.objects.update_or_create(
        repository=name.repository, tag=name.tag, defaults={"image": image, "index": index}
    )[0]
