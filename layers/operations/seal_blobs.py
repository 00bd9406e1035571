"""Seal the layers of a library that was made before there were seals."""

import logging

from django.db.models import QuerySet

from layers.models import Blob
from layers.oci.changeset.walk import StoredRange
from layers.oci.errors import MalformedLayer
from layers.storage import open_blob

logger = logging.getLogger(__name__)


def seal_blobs() -> int:
    """Seal each stored layer that has no seal and is what its digest says; how many that were."""
    return sum(map(_seal, unsealed()))


def unsealed() -> QuerySet[Blob]:
    """The stored layers without a seal: other blobs are small, and read against their digest."""
    return Blob.objects.filter(seal=None).exclude(stored_layer=None)


def _seal(blob: Blob) -> bool:
    try:
        with open_blob(blob.digest) as file:
            found = StoredRange(file, 0, blob.size).identity()
    except (OSError, MalformedLayer):
        logger.exception("Blob %s cannot be sealed", blob.digest)
        return False
    if found.digest != blob.digest:
        logger.error("Blob %s is damaged: manage.py fsck tells what to do", blob.digest)
        return False
    return bool(Blob.objects.filter(pk=blob.pk, seal=None).update(seal=found.seal))
