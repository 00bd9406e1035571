"""The segments that a search reads, and the layers that none of them has yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from layers.models import Layer, SearchSegment


@dataclass(frozen=True, slots=True)
class Segments:
    """What a search reads, as it was when the search began."""

    ready: Sequence[SearchSegment]
    live: frozenset[int]
    """Layers that can be seen."""
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
