"""The JSON documents of an image, whose digests name it: config, manifests, and indexes that list them."""

from layers.models import Blob, Image


def documents_of(image: Image) -> list[tuple[str, Blob]]:
    """``config``, ``manifest`` or ``index``, and the blob that holds it as it came; each once."""
    found = [("config", image.config)]
    for manifest in image.manifests.select_related("blob"):
        found.append(("manifest", manifest.blob))
        found += [("index", row.index.blob) for row in manifest.listed_by.select_related("index__blob")]
    return list({blob.digest: (title, blob) for title, blob in found}.values())
