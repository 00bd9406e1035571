"""Give an image a name."""

from layers import models
from layers.models import Image, Manifest
from layers.oci.reference import Reference


def tag_image(*, image: Image, reference: Reference, index: Manifest | None = None) -> models.Reference:
    """Let ``reference`` name ``image``, whatever it named before; with ``index``, its other platforms too."""
    name = reference.with_default_tag()
    return models.Reference.objects.update_or_create(
        repository=name.repository, tag=name.tag, defaults={"image": image, "index": index}
    )[0]
