"""Show an image to everybody, or to those alone who brought it."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from layers.models import Image
from layers.models.acting import sees_all
from layers.operations.record_audit import record_audit


def share_image(*, image: Image, is_shared: bool) -> None:
    """Raises ``PermissionDenied`` for a student."""
    if not sees_all():
        raise PermissionDenied(_("A teacher decides what everybody sees."))
    image.is_shared = is_shared
    image.save(update_fields=["is_shared"])
    image.manifests.update(is_shared=is_shared)
    record_audit(action="share image" if is_shared else "withdraw image", target=image.image_id)
