"""Images of the library as one archive, every byte of their layers as it came."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Literal

from django.conf import settings

from layers import models
from layers.models import Blob, Image, Manifest
from layers.oci.archive.write import SavedImage, SavedLayer, docker_archive, root_of
from layers.oci.archive.write_layout import Archive, SavedBlob, SavedRoot, layout_archive
from layers.oci.digest import Digest
from layers.oci.manifest import parse_manifest
from layers.oci.mediatype import OCI_INDEX, OCI_MANIFEST, layer_type
from layers.oci.reference import Reference
from layers.queries.stored import check_stored, lend_stored, read_stored

ArchiveFormat = Literal["docker", "oci"]
Chosen = Sequence[tuple[Image, tuple[Reference, ...]]]


def save_images(images: Chosen, *, format: ArchiveFormat = "docker") -> Iterator[bytes]:
    """The archive of ``images`` with these names, in chunks, each blob checked while it is read.

    Raises:
        ContentMissing: the blob store lacks a blob. Found before the first chunk, unless it goes meanwhile.
        DigestMismatch: a blob is not what was imported. The archive breaks off before the end of that blob.
    """
    return archive_of(images, format=format).chunks()


def archive_of(images: Chosen, *, format: ArchiveFormat = "docker") -> Archive:
    """What :func:`save_images` sends, with its size.

    ``docker`` has ``manifest.json`` and ``index.json`` over the same blobs, one
    platform an image; ``oci`` is an image layout, in which a name that stands on
    an index brings the index and all that the library holds of it.

    Raises:
        ContentMissing, DigestMismatch: before a byte is sent.
    """
    if format == "oci":
        return layout_archive([root for image, names in images for root in _roots(image, names)])
    return docker_archive([_saved(image, names) for image, names in images])


def _roots(image: Image, names: tuple[Reference, ...]) -> Iterator[SavedRoot]:
    """The image with the names that are its own, and the indexes that the others stand on."""
    placed = [(_index_of(name), name) for name in names]
    own = tuple(name for index, name in placed if index is None)
    if own or not names:
        yield root_of(_saved(image, own))
    on_indexes = sorted(((i, name) for i, name in placed if i is not None), key=lambda pair: pair[0].pk)
    for index, pairs in groupby(on_indexes, key=itemgetter(0)):
        yield SavedRoot(
            _blob(index.blob),
            index.media_type or OCI_INDEX,
            tuple(name for _, name in pairs),
            tuple(_below(index, set())),
        )


def _index_of(name: Reference) -> Manifest | None:
    name = name.with_default_tag()
    named = models.Reference.objects.filter(repository=name.repository, tag=name.tag or "")
    return Manifest.objects.visible().select_related("blob").filter(references__in=named).first()


def _below(index: Manifest, seen: set[int]) -> Iterator[SavedBlob]:
    """Every blob of what an index lists, nested indexes too, as far as it is here and theirs to see."""
    seen.add(index.pk)
    held = index.entries.filter(manifest__in=Manifest.objects.visible())
    for entry in held.select_related("manifest__blob").order_by("position"):
        manifest = entry.manifest
        if manifest is not None and manifest.pk not in seen:
            yield _blob(manifest.blob)
            yield from map(_blob, manifest.blobs.all())
            yield from _below(manifest, seen)


def _saved(image: Image, names: tuple[Reference, ...]) -> SavedImage:
    """The image as its newest manifest describes it; without one, as its layers were first imported."""
    config = _raw(image.config)
    rows = list(image.image_layers.select_related("layer", "stored__blob"))
    diff_ids = [Digest.parse(row.layer.diff_id) for row in rows]
    for manifest in image.manifests.visible().select_related("blob").order_by("-pk"):
        raw = _raw(manifest.blob)
        layers = _as_described(manifest, raw, diff_ids)
        if layers is not None:
            return SavedImage(config, layers, names, raw, manifest.media_type or OCI_MANIFEST)
    forms = (row.stored for row in rows)
    layers = tuple(
        _layer(diff_id, form.blob, form.media_type or layer_type(form.compression))
        for diff_id, form in zip(diff_ids, forms, strict=True)
    )
    return SavedImage(config, layers, names)


def _as_described(
    manifest: Manifest, raw: bytes, diff_ids: Sequence[Digest]
) -> tuple[SavedLayer, ...] | None:
    """The layers in the forms that the manifest names; None where the library does not hold all of them."""
    parsed = parse_manifest(raw, manifest.media_type or None, "manifest", settings.LIMITS)
    blobs = {blob.digest: blob for blob in manifest.blobs.all()}
    listed = getattr(parsed, "layers", ())
    if len(listed) != len(diff_ids) or any(layer.digest not in blobs for layer in listed):
        return None
    return tuple(
        _layer(diff_id, blobs[layer.digest], layer.media_type)
        for diff_id, layer in zip(diff_ids, listed, strict=True)
    )


def _layer(diff_id: Digest, blob: Blob, media_type: str) -> SavedLayer:
    found = _blob(blob)
    return SavedLayer(diff_id, found.digest, found.size, found.read, media_type, found.lend)


def _blob(blob: Blob) -> SavedBlob:
    check_stored(blob)
    return SavedBlob(
        Digest.parse(blob.digest), blob.size, partial(read_stored, blob), partial(lend_stored, blob)
    )


def _raw(blob: Blob) -> bytes:
    return b"".join(read_stored(blob))
