"""The JSON documents of an image, whose digests name it: config, manifests, and indexes that list them."""

from layers.models import Blob, Image, Manifest


def documents_of(image: Image) -> list[tuple[str, Blob]]:
    """``config``, ``manifest`` or ``index``, and the blob that holds it as it came; each once."""
    found = [("config", image.config)]
    for manifest in image.manifests.visible().select_related("blob"):
        found.append(("manifest", manifest.blob))
        indexes = Manifest.objects.visible().filter(entries__manifest=manifest).select_related("blob")
        found += [("index", index.blob) for index in indexes]
    return list({blob.digest: (title, blob) for title, blob in found}.values())
