"""What an image would weigh if layers were one, or paths were not in it; and what the shelf would."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from layers.models import Image
from layers.oci.changeset.globs import compile_glob
from layers.oci.unionfs.whatif import LayerSize, squashed, without
from layers.queries.images import names_of_images, words_for
from layers.queries.ledgers import ledger_of
from layers.queries.positions import NoSuchLayer
from layers.queries.sightings import visible_places
from layers.queries.space import tar_sizes


@dataclass(frozen=True, slots=True)
class LostSharing:
    """Another image that has layers in common which would not be in common any more."""

    image: Image
    name: str
    layer_count: int
    content_size: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The layers as they would be, beside what they are."""

    layers: Sequence[LayerSize]
    """From the bottom."""
    content_before: int
    tar_before: int
    lost: Sequence[LostSharing]
    shelf_delta: int
    """Bytes by which all images together would grow: those that share a layer keep it."""

    @property
    def content_after(self) -> int:
        return sum(layer.content for layer in self.layers)

    @property
    def tar_after(self) -> int:
        return sum(layer.tar for layer in self.layers)

    @property
    def shelf_saved(self) -> int:
        """Bytes by which all images together would shrink."""
        return -self.shelf_delta

    @property
    def changes_nothing(self) -> bool:
        return not any(layer.is_new for layer in self.layers)


def squash(image: Image, first: int, last: int) -> WhatIf:
    """The layers ``first`` to ``last`` as one.

    Raises:
        NoSuchLayer: the image has no such run of layers.
    """
    ledger = ledger_of(image)
    if not 0 <= first < last < len(ledger.layers):
        message = _("The image has the layers 0 to %(top)d: %(first)d to %(last)d is no run of two or more.")
        raise NoSuchLayer(message % {"top": len(ledger.layers) - 1, "first": first, "last": last})
    return _compared(image, squashed(ledger, tar_sizes(image), first, last))


def leave_out(image: Image, pattern: str) -> WhatIf:
    """The layers without the paths that a pattern matches. Raises ``InvalidGlob``."""
    return _compared(image, without(ledger_of(image), tar_sizes(image), compile_glob(pattern).match))


def _compared(image: Image, layers: Sequence[LayerSize]) -> WhatIf:
    first = next((layer.first for layer in layers if layer.is_new), len(layers))
    lineage: list[int] = image.chain.lineage[first:] if image.chain is not None else []
    others = visible_places().filter(chain__in=lineage).exclude(image=image)
    own = image.image_layers.filter(chain__in=lineage).exclude(chain__in=others.values("chain"))
    alone = own.aggregate(size=Sum("layer__content_size"))["size"] or 0
    return WhatIf(
        layers,
        content_before=image.size,
        tar_before=sum(tar_sizes(image)),
        lost=lost_sharing(lineage, image),
        shelf_delta=sum(layer.content for layer in layers if layer.first >= first) - alone,
    )


def lost_sharing(lineage: Sequence[int], image: Image) -> list[LostSharing]:
    """The other images, of those one may see, that have some of these chains, those with most bytes first."""
    rows = visible_places().filter(chain__in=lineage).exclude(image=image).values("image")
    sums = rows.annotate(count=Count("pk"), size=Sum("layer__content_size"))
    images = Image.objects.in_bulk([row["image"] for row in sums])
    names = names_of_images() if images else {}
    found = []
    for row in sums:
        other = images[row["image"]]
        found.append(LostSharing(other, ", ".join(words_for(other, names)), row["count"], row["size"]))
    return sorted(found, key=lambda lost: (-lost.content_size, lost.name))
