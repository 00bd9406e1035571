"""I3: each image has its config, its layers in their order, its history, and what its manifests name."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from django.utils.translation import gettext as _

from layers.models import Image, ImageLayer, Manifest, Reference
from layers.oci.config import ImageConfig, chain_ids
from layers.oci.digest import Digest
from layers.oci.errors import OCIError
from layers.oci.manifest import parse_manifest
from layers.queries.fsck.problem import Fault, Problem
from layers.queries.fsck.trusted import TRUSTED
from layers.queries.indexes import images_of_indexes
from layers.storage import open_blob


def check_images() -> Iterator[Problem]:
    """Every image, against its own config; one whose config cannot be read is told by the check of blobs."""
    for image in Image.objects.select_related("config", "chain").order_by("pk"):
        raw = document(image.config.digest)
        if raw is not None:
            yield from check_image(image, raw)
    for manifest in Manifest.objects.select_related("blob", "image").order_by("pk"):
        yield from check_manifest(manifest)
    yield from check_names()


def check_image(image: Image, raw: bytes) -> Iterator[Problem]:
    """One image, of which that is the config."""
    rows = list(image.image_layers.select_related("layer", "stored", "chain"))
    try:
        config = ImageConfig.parse(raw, "the config", TRUSTED)
    except OCIError as error:
        yield Problem(Fault.IMAGE_WRONG, image.image_id, _("Its config is none: %s") % error, image.pk)
        return
    if image.config.digest != image.image_id:
        told = {"digest": image.config.digest}
        sentence = _("Its config is blob %(digest)s, which is another image's.") % told
        yield Problem(Fault.IMAGE_WRONG, image.image_id, sentence, image.pk)
        return
    for position, (diff_id, chain_id, row) in enumerate(
        zip_longest(config.diff_ids, chain_ids(config.diff_ids), rows)
    ):
        wrong = row_fault(position, diff_id, chain_id, row)
        if wrong:
            yield Problem(Fault.LAYERS_WRONG, image.image_id, wrong, image.pk)
            return
    yield from check_sums(image, rows, config)


def row_fault(position: int, diff_id: str | None, chain_id: str | None, row: ImageLayer | None) -> str:
    """What is wrong with the layer at a position; empty where nothing is."""
    told = {"position": position, "diff_id": diff_id}
    if row is None:
        return _("It lacks layer %(position)d, %(diff_id)s.") % told
    if diff_id is None:
        return _("It has a layer %(position)d, which its config does not.") % told
    if row.position != position:
        return _("It lacks layer %(position)d, %(diff_id)s.") % told
    if row.layer.diff_id != diff_id or row.stored.layer_id != row.layer_id:
        return _("Layer %(position)d is not %(diff_id)s, as its config says.") % told
    if row.chain.chain_id != chain_id or row.chain.layer_id != row.layer_id:
        return _("What layer %(position)d changes is told of another layer.") % told
    if row.layer.staging or row.chain.staging:
        return _("Layer %(position)d, %(diff_id)s, is marked as not yet, or no longer, there.") % told
    return ""


def check_sums(image: Image, rows: Sequence[ImageLayer], config: ImageConfig) -> Iterator[Problem]:
    """What the image's row says of all its layers together, and its history."""
    top = rows[-1].chain_id if rows else None
    size = sum(row.layer.content_size for row in rows)
    if image.chain_id != top:
        yield Problem(Fault.IMAGE_WRONG, image.image_id, _("Its top is not its last layer."), image.pk)
    if image.size != size:
        told = {"size": image.size, "found": size}
        sentence = _("Its size is told as %(size)d bytes; its layers have %(found)d.") % told
        yield Problem(Fault.IMAGE_WRONG, image.image_id, sentence, image.pk)
    steps = list(image.history_rows.values_list("index", "empty_layer"))
    if steps != [(index, step.empty_layer) for index, step in enumerate(config.history)]:
        told = {"count": len(steps), "found": len(config.history)}
        sentence = _("Its history has %(count)d rows, and its config %(found)d steps.") % told
        yield Problem(Fault.HISTORY_WRONG, image.image_id, sentence, image.pk)


def check_manifest(manifest: Manifest) -> Iterator[Problem]:
    """One manifest of an image: what it names is kept, and it is of the image that it is said to be of."""
    raw = document(manifest.blob.digest) if manifest.kind == Manifest.Kind.IMAGE else None
    if raw is None or manifest.image is None:
        return
    try:
        named = digests_named(raw, manifest)
    except OCIError as error:
        sentence = _("It is no manifest: %s") % error
        yield Problem(Fault.MANIFEST_WRONG, manifest.blob.digest, sentence, manifest.pk)
        return
    kept = set(manifest.blobs.values_list("digest", flat=True))
    if named[0] != manifest.image.image_id:
        sentence = _("It is said to be of image %(image)s, and is of %(named)s.")
        told = {"image": manifest.image.image_id, "named": named[0]}
        yield Problem(Fault.MANIFEST_WRONG, manifest.blob.digest, sentence % told, manifest.pk)
    elif not set(named) <= kept:
        sentence = _("Blob %(digest)s, which it names, is not kept for it.")
        told = {"digest": min(set(named) - kept)}
        yield Problem(Fault.MANIFEST_WRONG, manifest.blob.digest, sentence % told, manifest.pk)


def digests_named(raw: bytes, manifest: Manifest) -> list[str]:
    """The config, then the layers that a manifest of an image names."""
    parsed = parse_manifest(raw, manifest.media_type or None, "the manifest", TRUSTED)
    return [str(part.digest) for part in (parsed.config, *parsed.layers)]


def check_names() -> Iterator[Problem]:
    """Names that stand on an index: the image they lead to is in it."""
    members = images_of_indexes()
    for row in Reference.objects.exclude(index=None).order_by("pk"):
        images = members.get(row.index_id, set())
        if images and row.image_id not in images:
            sentence = _("The name leads to an image that is not in its index.")
            yield Problem(Fault.REFERENCE_DANGLING, str(row), sentence, row.pk)


def document(digest: str) -> bytes | None:
    """A small document; None where it is missing or another, which the check of blobs tells."""
    try:
        with open_blob(digest) as file:
            raw = file.read()
    except OSError:
        return None
    return raw if Digest.parse(digest).matches(raw) else None
