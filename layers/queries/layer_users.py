"""One layer wherever it stands: its images, the forms it is kept in, and the steps that made it."""

from collections.abc import Sequence
from dataclasses import dataclass

from layers.models import HistoryRow, Image, ImageLayer, Layer, StoredLayer
from layers.models.acting import sees_all
from layers.queries.history import step
from layers.queries.images import names_of_images, short_id
from layers.queries.stack import shortened


class NoSuchLayerHere(LookupError):
    """No image that may be seen has the layer. The message says so."""


@dataclass(frozen=True, slots=True)
class LayerUser:
    """An image that has the layer, and where."""

    image: Image
    names: tuple[str, ...]
    position: int
    layer_count: int
    chain_id: str
    stored: StoredLayer

    @property
    def name(self) -> str:
        return self.names[0] if self.names else short_id(self.image)


@dataclass(frozen=True, slots=True)
class LayerUse:
    """A layer and who uses it."""

    layer: Layer
    users: Sequence[LayerUser]
    """A page of them, the newest image first."""
    user_count: int
    image_count: int
    chain_count: int
    """How many different stacks it is the top of: its changes depend on what is below."""
    forms: Sequence[tuple[StoredLayer, LayerUser | None]]
    """The forms it is kept in, each with a place to take it from, if an image came with it."""
    instructions: Sequence[str]
    """The steps that made it, as its images tell."""


def layer_use(diff_id: str, *, offset: int = 0, limit: int) -> LayerUse:
    """The layer of that diff ID; raises ``NoSuchLayerHere``."""
    layer = Layer.objects.filter(diff_id=diff_id, staging="").first()
    places = ImageLayer.objects.filter(layer=layer)
    if not sees_all():
        places = places.filter(image__in=Image.objects.visible())
    if layer is None or not places.exists():
        raise NoSuchLayerHere(f"No image here has a layer {diff_id}.")
    names = names_of_images()
    related = places.select_related("image__chain", "stored__blob", "chain").defer(
        "stored__seek_points", "chain__lineage", "image__chain__lineage"
    )
    ordered = related.order_by("-image_id", "position")
    came = {key: ordered.filter(stored=key).first() for key in set(places.values_list("stored", flat=True))}
    forms = [
        (form, user_of(row, names) if (row := came.get(form.pk)) is not None else None)
        for form in layer.stored.select_related("blob").defer("seek_points").order_by("pk")
        if form.pk in came or sees_all()
    ]
    steps = HistoryRow.objects.filter(image__image_layers__in=places).order_by("pk")
    wanted = set(places.values_list("image_id", "position"))
    told = [
        shortened(step(row, {}, "").instruction) for row in steps if (row.image_id, row.position) in wanted
    ]
    return LayerUse(
        layer=layer,
        users=[user_of(row, names) for row in ordered[offset : offset + limit]],
        user_count=places.count(),
        image_count=places.values("image").distinct().count(),
        chain_count=places.values("chain").distinct().count(),
        forms=forms,
        instructions=list(dict.fromkeys(text for text in told if text)),
    )


def user_of(row: ImageLayer, names: dict[int, list[tuple[str, str]]]) -> LayerUser:
    known = names.get(row.image_id, ())
    return LayerUser(
        image=row.image,
        names=tuple(f"{repository}:{tag}" for repository, tag in known),
        position=row.position,
        layer_count=row.image.chain.depth + 1 if row.image.chain else 0,
        chain_id=row.chain.chain_id,
        stored=row.stored,
    )
