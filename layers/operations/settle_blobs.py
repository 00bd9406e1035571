"""After a power cut, tell whole blobs from those that never reached the disk.

With deferred durability an image shows before its bytes are synced. A blob
remembers the boot of the machine that wrote it until it is: one of this boot is
synced now; one of an earlier boot is read and believed only if it is whole.
"""

import logging
import os

from django.db.models import QuerySet

from layers.models import Blob
from layers.oci.changeset.walk import StoredRange
from layers.operations.delete_image import delete_image
from layers.queries.needs import images_needing
from layers.storage import boot_id, open_blob, sync_blob

logger = logging.getLogger(__name__)


def settle_blobs() -> list[str]:
    """Sync or check every blob that is not known to be on the disk; the IDs of images that were lost.

    An image with a blob that is not whole is deleted: the same archive can be imported again.
    """
    lost: list[str] = []
    for blob in unsettled():
        if blob.boot != boot_id() and not is_whole(blob):
            lost += withdraw_images_of(blob)
        else:
            settle(blob)
    return lost


def unsettled() -> QuerySet[Blob]:
    """The blobs that are not known to be on the disk."""
    return Blob.objects.exclude(boot="")


def settle(blob: Blob) -> None:
    """Bring a blob to the disk, and remember that; one that is deleted meanwhile is nobody's loss."""
    try:
        sync_blob(blob.digest)
    except FileNotFoundError:
        return
    Blob.objects.filter(pk=blob.pk).update(boot="")


def is_whole(blob: Blob) -> bool:
    """Whether the store has the blob, and its bytes have its digest."""
    try:
        with open_blob(blob.digest) as file:
            size = os.fstat(file.fileno()).st_size
            return size == blob.size and StoredRange(file, 0, size).digest() == blob.digest
    except OSError:
        return False


def withdraw_images_of(blob: Blob) -> list[str]:
    """Delete the images that cannot do without the blob; their IDs."""
    lost = []
    for image in images_needing(blob):
        logger.error("Image %s lost blob %s in a power cut: import it again", image.image_id, blob.digest)
        lost.append(image.image_id)
        delete_image(image=image)
    return lost
