"""Who cannot do without a blob."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from layers.models import Blob, Container, Image


def images_needing(blob: Blob) -> QuerySet[Image]:
    """The images whose config, layer or manifest it is."""
    return Image.objects.filter(
        Q(config=blob) | Q(image_layers__stored__blob=blob) | Q(manifests__blob=blob)
    ).distinct()


def containers_needing(blob: Blob) -> QuerySet[Container]:
    """The containers in which a file has, or had, this content."""
    return Container.objects.filter(Q(upper_rows__content=blob) | Q(edits__blobs=blob)).distinct()


def needed_by(blob: Blob) -> str:
    """A sentence on what is lost without it."""
    images = [
        ", ".join(sorted(map(str, image.references.all()))) or image.image_id
        for image in images_needing(blob).order_by("pk")
    ]
    containers = containers_needing(blob).order_by("pk").values_list("name", flat=True)
    parts = [_("Needed by image %(names)s.") % {"names": ", ".join(images)}] if images else []
    if containers:
        parts.append(_("Needed by container %(names)s.") % {"names": ", ".join(containers)})
    return " ".join(parts) or _("No image or container needs it.")
