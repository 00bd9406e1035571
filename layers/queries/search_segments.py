"""The segments that a search reads, and the layers that none of them has yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from layers.models import Image, ImageLayer, Layer, SearchSegment
from layers.models.acting import sees_all


@dataclass(frozen=True, slots=True)
class Segments:
    """What a search reads, as it was when the search began."""

    ready: Sequence[SearchSegment]
    live: frozenset[int]
    """Layers that are there, and may be seen."""
    lacking: Sequence[int]
    """Those of them that are not indexed yet."""


def segments() -> Segments:
    """The segments as they are now.

    One that is replaced meanwhile keeps its rows for longer than any search takes.
    """
    ready = list(SearchSegment.objects.filter(state=SearchSegment.State.READY).order_by("pk"))
    live = frozenset(Layer.objects.filter(staging="").values_list("pk", flat=True))
    indexed = {layer for segment in ready for layer in segment.layers}
    return Segments(ready, live, sorted(live - indexed))


def visible_segments() -> Segments:
    """The same for whoever acts: only the layers of images that they may see."""
    found = segments()
    if sees_all():
        return found
    rows = ImageLayer.objects.filter(image__in=Image.objects.visible()).order_by()
    seen = found.live & frozenset(rows.values_list("layer", flat=True).distinct())
    return Segments(found.ready, seen, [layer for layer in found.lacking if layer in seen])
