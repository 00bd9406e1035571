"""Keep the index of paths: new layers get a segment, small segments become large ones.

Four segments of one size are merged, and all of them as soon as together they
are more than twice the largest. So a path is written again a few times only, a
search has few segments to read, and paths that many segments have in common
never take more room than twice what they need.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from django.utils import timezone

from layers.models import Layer, SearchSegment
from layers.operations.index_sources import Vanished
from layers.operations.write_segment import (
    RETIRED_SECONDS,
    clean_retired,
    clean_unfinished,
    live_layers,
    write_segment,
)
from layers.queries.search_segments import Segments, segments
from layers.storage import alone

logger = logging.getLogger(__name__)

SMALLEST: Final = 4000
"""Paths of a segment of the lowest level; each level above holds four times as many."""
FACTOR: Final = 4
MOST_COPIES: Final = 2
"""How many times as much as the largest segment all of them may hold."""
LARGEST: Final = 12_000_000
"""Paths that a merge may come to: their ordinals have 24 bits."""
ENTRIES_AT_ONCE: Final = 1_000_000
LAYERS_AT_ONCE: Final = 200


def index_paths() -> int:
    """Index what is not indexed, and merge what is small; how many layers were new.

    Where another process is at it, nothing is done. It may be killed at any time.
    """
    with alone("search") as is_ours:
        return _index() if is_ours else 0


def _index() -> int:
    clean_unfinished()
    count = 0
    while True:
        clean_retired()
        found = segments()
        new = batch(found.lacking)
        # With a whole library to index, what is indexed is merged as it grows: that takes least room.
        small = [] if 0 < len(found.lacking) <= len(new) else next(merges(found), [])
        new = [] if small else new
        if not new and not small:
            return count
        try:
            write_segment(new, small)
            count += len(new)
        except Vanished:
            if len(live_layers(new)) == len(new):
                raise
            logger.info("A layer was deleted while it was indexed; the others go on")


def is_index_due() -> bool:
    """Whether :func:`index_paths` has something to do."""
    found = segments()
    return bool(found.lacking) or next(merges(found), None) is not None or leftovers()


def leftovers() -> bool:
    """Whether a segment has been replaced for long enough."""
    oldest = SearchSegment.objects.filter(state=SearchSegment.State.RETIRED).order_by("changed_at").first()
    return oldest is not None and (timezone.now() - oldest.changed_at).total_seconds() > RETIRED_SECONDS


def batch(lacking: Sequence[int]) -> list[int]:
    """As many of the layers as make one segment of a fair size."""
    rows = Layer.objects.filter(pk__in=lacking[:LAYERS_AT_ONCE]).order_by("pk")
    chosen: list[int] = []
    total = 0
    for layer, size in rows.values_list("pk", "entry_count"):
        total += size
        if chosen and total > ENTRIES_AT_ONCE:
            break
        chosen.append(layer)
    return chosen


def merges(found: Segments) -> Iterator[list[SearchSegment]]:
    """Segments that are better one, and those of which little lives."""
    levels: dict[int, list[SearchSegment]] = defaultdict(list)
    for segment in found.ready:
        sizes = zip(segment.layers, segment.sizes, strict=True)
        if 2 * sum(size for layer, size in sizes if layer not in found.live) > sum(segment.sizes):
            yield [segment]
        levels[level(segment)].append(segment)
    for _, same in sorted(levels.items()):
        chosen = fitting(same)
        if len(same) >= FACTOR and len(chosen) > 1:
            yield chosen
    counts = [segment.path_count for segment in found.ready]
    if sum(counts) > MOST_COPIES * max(counts, default=0) and sum(counts) <= LARGEST:
        yield list(found.ready)


def fitting(same: Sequence[SearchSegment]) -> list[SearchSegment]:
    """As many of the segments as one can hold."""
    chosen, total = [], 0
    for segment in same:
        total += segment.path_count
        if total > LARGEST:
            break
        chosen.append(segment)
    return chosen


def level(segment: SearchSegment) -> int:
    """How large it is: each level is four times the one below."""
    found, most = 0, SMALLEST
    while segment.path_count > most:
        found, most = found + 1, most * FACTOR
    return found
