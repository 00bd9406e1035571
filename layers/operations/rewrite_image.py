"""Write what hangs on an image anew, as its config and manifests say."""

from collections.abc import Sequence

from django.db import transaction

from layers.models import Blob, Chain, HistoryRow, Image, ImageLayer, Layer, Manifest, StoredLayer
from layers.models.imagerows import history_rows
from layers.oci.config import ImageConfig, chain_ids
from layers.oci.errors import OCIError
from layers.queries.fsck.images import digests_named, document
from layers.queries.fsck.trusted import TRUSTED


@transaction.atomic
def rewrite_history(*, image: Image) -> bool:
    """Whether its history could be written again."""
    config = config_of(image)
    if config is None:
        return False
    image.history_rows.all().delete()
    HistoryRow.objects.bulk_create(history_rows(image, config, image.image_layers.count()))
    return True


@transaction.atomic
def rewrite_layers(*, image: Image) -> bool:
    """Whether the layers that its config lists are all here, and stand in their places now."""
    config = config_of(image)
    if config is None:
        return False
    ids = chain_ids(config.diff_ids)
    unmark(config.diff_ids, ids)
    chains = {chain.chain_id: chain for chain in Chain.objects.filter(chain_id__in=ids, staging="")}
    forms = forms_of(image, config.diff_ids)
    places = zip(config.diff_ids, ids, strict=True)
    placed = [(chains.get(chain_id), forms.get(diff_id)) for diff_id, chain_id in places]
    rows = [
        ImageLayer(image=image, position=position, layer=form.layer, stored=form, chain=chain)
        for position, (chain, form) in enumerate(placed)
        if chain is not None and form is not None and chain.layer_id == form.layer_id
    ]
    if len(rows) != len(placed):
        return False
    image.image_layers.all().delete()
    ImageLayer.objects.bulk_create(rows)
    return rewrite_sums(image=image)


def unmark(diff_ids: Sequence[str], ids: Sequence[str]) -> None:
    """Show what an image needs, unless a twin of it is shown."""
    for model, name, wanted in ((Layer, "diff_id", diff_ids), (Chain, "chain_id", ids)):
        shown = set(model.objects.filter(staging="", **{f"{name}__in": wanted}).values_list(name, flat=True))
        for row in model.objects.exclude(staging="").filter(**{f"{name}__in": set(wanted) - shown}):
            if row.image_layers.exists():
                model.objects.filter(pk=row.pk).update(staging="")


def forms_of(image: Image, diff_ids: Sequence[str]) -> dict[str, StoredLayer]:
    """A stored form of each layer: the one it came with, where that is known."""
    named = Manifest.objects.filter(image=image).values("blobs")
    rows = StoredLayer.objects.filter(layer__diff_id__in=diff_ids, layer__staging="").select_related("layer")
    found = {form.layer.diff_id: form for form in rows.order_by("-pk")}
    found |= {form.layer.diff_id: form for form in rows.filter(blob__in=named).order_by("-pk")}
    kept = image.image_layers.select_related("stored__layer")
    return found | {row.stored.layer.diff_id: row.stored for row in kept}


def rewrite_sums(*, image: Image) -> bool:
    """Whether its config, its size and its top could be told again."""
    config = Blob.objects.filter(digest=image.image_id).first()
    image.config = config or image.config
    rows = list(image.image_layers.select_related("layer", "chain"))
    image.size = sum(row.layer.content_size for row in rows)
    image.chain = rows[-1].chain if rows else None
    image.save(update_fields=["config", "size", "chain"])
    return config is not None


def rewrite_manifest(*, manifest: Manifest) -> bool:
    """Whether all that it names is here, and kept for it now."""
    raw = document(manifest.blob.digest)
    try:
        named = digests_named(raw, manifest) if raw else []
    except OCIError:
        return False
    blobs = list(Blob.objects.filter(digest__in=named))
    if not named or {blob.digest for blob in blobs} != set(named):
        return False
    with transaction.atomic():
        manifest.image = Image.objects.filter(image_id=named[0]).first()
        manifest.save(update_fields=["image"])
        manifest.blobs.set(blobs)
    return True


def config_of(image: Image) -> ImageConfig | None:
    """Its config; None where it is lost."""
    raw = document(image.image_id)
    try:
        return ImageConfig.parse(raw, "the config", TRUSTED) if raw else None
    except OCIError:
        return None
