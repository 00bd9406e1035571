"""A layer read once more from the blob it is stored in, and laid once more upon what is below it."""

from typing import cast

from layers.models import Chain, Layer, StoredLayer
from layers.oci.changeset.compression import Compression
from layers.oci.changeset.walk import LayerWalk, StoredRange
from layers.oci.errors import DigestMismatch
from layers.oci.unionfs.extract import Extractor, LayerTree
from layers.oci.unionfs.overlay import Overlay, lay
from layers.oci.unionfs.tree import Tree
from layers.queries.directories import load_directory
from layers.queries.fsck.blobs import check_blob
from layers.queries.fsck.trusted import TRUSTED
from layers.storage import open_blob


def sound_form(layer: Layer) -> StoredLayer | None:
    """A stored form of the layer, every byte of which is right."""
    for form in layer.stored.select_related("blob").order_by("pk"):
        if not list(check_blob(form.blob, deep=True)):
            return form
    return None


def reread(layer: Layer, form: StoredLayer) -> tuple[LayerTree, int]:
    """What the stored form holds, numbered as the layer's entries are, and the bytes of its tar.

    Raises:
        DigestMismatch: it is a form of another layer.
        MalformedLayer: it cannot be read.
    """
    extractor = Extractor(TRUSTED)
    with open_blob(form.blob.digest) as file:
        stored = StoredRange(file, 0, form.blob.size)
        compression = cast(Compression, form.compression)
        walk = LayerWalk(stored, compression, TRUSTED, form.blob.digest, lambda count: None)
        extractor.add_all(walk)
    found = walk.diff_id or form.blob.digest
    if found != layer.diff_id:
        raise DigestMismatch(f"Blob {form.blob.digest} is a form of {found}, not of {layer.diff_id}.")
    return extractor.finish(layer.first_entry), walk.tar_size


def relay(chain: Chain, tree: LayerTree) -> Overlay:
    """The chain's layer laid upon what is below."""
    parent = chain.parent
    if parent is None:
        return lay(Tree(), tree)
    lineage = parent.lineage
    return lay(Tree(lambda path: load_directory(lineage, path)), tree)
