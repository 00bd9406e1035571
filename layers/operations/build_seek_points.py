"""Make the seek points of stored layers, so that a file deep in one opens at once."""

import logging
from typing import cast

from django.db.models import QuerySet

from layers.models import StoredLayer
from layers.oci.changeset.compression import Compression
from layers.oci.changeset.seek import build_seek_points as build
from layers.oci.errors import OCIError
from layers.oci.limits import MIB
from layers.queries.files import fill_cache
from layers.storage import open_blob

logger = logging.getLogger(__name__)

SMALL = 4 * MIB
"""A tar below it is unpacked from its start in no time."""


def build_seek_points() -> int:
    """Make those that are missing, the newest layer first; how many layers got some.

    Each is kept as soon as it is made, so a run may be killed and begun again.
    A layer that can have none, such as a single zstd frame, goes to the cache.
    A layer whose blob is gone or damaged is passed over, and logged.
    """
    return sum(map(_build, list(lacking().values_list("pk", flat=True))))


def lacking() -> QuerySet[StoredLayer]:
    """The stored layers that need seek points and have none, the newest first."""
    packed = StoredLayer.objects.filter(seek_points=None).exclude(compression="plain")
    return packed.filter(layer__tar_size__gt=SMALL).select_related("blob", "layer").order_by("-pk")


def _build(number: int) -> bool:
    stored = lacking().filter(pk=number).first()
    if stored is None:
        return False
    try:
        with open_blob(stored.blob.digest) as file:
            points = build(file, cast(Compression, stored.compression))
    except (OSError, OCIError):
        logger.exception("No seek points for blob %s", stored.blob.digest)
        return False
    made = StoredLayer.objects.filter(pk=number, seek_points=None).update(seek_points=points)
    fill_cache(stored)
    return bool(made)
