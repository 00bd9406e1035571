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
from layers.operations.delete_image import ImageInUse, delete_image
from layers.queries.needs import images_needing, needed_by
from layers.storage import boot_id, has_blob, open_blob, set_aside, sync_blob

logger = logging.getLogger(__name__)


def settle_blobs() -> list[str]:
    """Sync or check every blob that is not known to be on the disk; the IDs of images that were lost."""
    lost = outlive_power_cut()
    for blob in unsettled().filter(boot=boot_id()):
        settle(blob)
    return lost


def outlive_power_cut() -> list[str]:
    """Check what an earlier boot wrote and never synced, before anybody reads it; the IDs of images lost.

    An image with a blob that is not whole is deleted: the same archive can be imported again. Where a
    container stands on it, or is what needs the blob, the blob is moved aside: it reads as missing.
    """
    lost: list[str] = []
    for blob in unsettled().exclude(boot=boot_id()):
        if is_whole(blob):
            settle(blob)
        else:
            lost += give_up(blob)
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


def give_up(blob: Blob) -> list[str]:
    """Delete the images that cannot do without the blob, and see that nobody else reads it; their IDs."""
    lost = []
    for image in images_needing(blob):
        try:
            delete_image(image=image)
        except ImageInUse:
            continue
        logger.error("Image %s lost blob %s in a power cut: import it again", image.image_id, blob.digest)
        lost.append(image.image_id)
    if has_blob(blob.digest):
        logger.error("Blob %s was lost in a power cut. %s", blob.digest, needed_by(blob))
        set_aside(blob.digest)
    return lost
