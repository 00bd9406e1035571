"""Make a lost or damaged blob anew from another form in which its layer is kept."""

from hashlib import sha256
from typing import cast

from layers.models import Blob, StoredLayer
from layers.oci.changeset.chunks import read_chunks
from layers.oci.changeset.compression import Compression, decompressed
from layers.operations.clean_abandoned import discard_staging
from layers.queries.fsck.reread import sound_form
from layers.queries.fsck.trusted import TRUSTED
from layers.storage import Staging, boot_id, open_blob


def rebuild_blob(*, blob: Blob) -> bool:
    """Whether it could be made. Only a plain tar can: no two programs pack one alike."""
    stored = StoredLayer.objects.filter(blob=blob, compression="plain").select_related("layer").first()
    form = sound_form(stored.layer) if stored else None
    if form is None:
        return False
    staging = Staging()
    try:
        return unpack(staging, form, blob)
    finally:
        discard_staging(staging)


def unpack(staging: Staging, form: StoredLayer, blob: Blob) -> bool:
    """Unpack a form of a layer, and put it into the store if it is the blob."""
    path, digest = staging.new_path(), sha256()
    with open_blob(form.blob.digest) as packed, path.open("xb") as tar:
        stored = read_chunks(packed, 0, form.blob.size)
        compression = cast(Compression, form.compression)
        for piece in decompressed(stored, compression, TRUSTED, form.blob.digest):
            digest.update(piece)
            tar.write(piece)
    if f"sha256:{digest.hexdigest()}" != blob.digest:
        return False
    Blob.objects.filter(pk=blob.pk).update(boot=boot_id(), size=path.stat().st_size)
    staging.publish(path, blob.digest)
    return True
