"""Paths whose content has a given sha256, or one that begins so, from the index."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import Final

from layers.models import SearchContent, SearchSegment
from layers.models.bulk import batches
from layers.models.search import content_id
from layers.pathindex.block import PATHS_A_BLOCK
from layers.pathindex.contents import DigestRange
from layers.queries.change_rows import entries_numbered
from layers.queries.search_matches import (
    Clock,
    Hit,
    Key,
    Match,
    first_block,
    hits,
    key_of,
    read_blocks,
)
from layers.queries.search_segments import Segments

HITS_AT_ONCE: Final = 50


def find_content(found: Segments, prefix: str, clock: Clock, after: Key | None = None) -> Iterator[Hit]:
    """The paths that hold content whose sha256 begins with ``prefix``: at least eight lower-case hex digits.

    They come in the order of their keys, those after ``after``.

    Raises:
        OutOfTime: from the iterator, after all that was found in time.
    """
    digests = DigestRange(prefix)
    bucket = {
        segment.pk: content_id(segment.pk, digests.bucket(segment.content_bits)) for segment in found.ready
    }
    packed = dict(SearchContent.objects.filter(pk__in=bucket.values()).values_list("pk", "numbers"))
    streams = [
        _walk(segment, digests.ordinals(packed[bucket[segment.pk]]), clock, after)
        for segment in found.ready
        if bucket[segment.pk] in packed
    ]
    for some in batches(hits(merge(*streams, key=key_of), found), HITS_AT_ONCE):
        clock.check()
        yield from _verified(some, prefix)


def _walk(
    segment: SearchSegment, ordinals: Sequence[int], clock: Clock, after: Key | None
) -> Iterator[Match]:
    """The paths of one segment with these ordinals."""
    wanted = {
        number: [ordinal % PATHS_A_BLOCK for ordinal in same]
        for number, same in groupby(sorted(set(ordinals)), lambda ordinal: ordinal // PATHS_A_BLOCK)
    }
    numbers = list(wanted)
    at = 0 if after is None else first_block(segment, numbers, after)
    for number in numbers[at:]:
        clock.check()
        (block,) = read_blocks(segment, [number])
        for index in wanted[number]:
            directory, name = block.paths[index]
            key = Key(0, directory[1:-1], name)
            if after is None or key > after:
                yield Match(key, segment, block, index)


def _verified(some: Sequence[Hit], prefix: str) -> Iterator[Hit]:
    """The hits that hold the content, each with the layers where it does: the index knows 32 bits only."""
    entries = entries_numbered([each.number for hit in some for each in hit.held if not each.whiteout])
    for hit in some:
        wanted = set()
        for layer, number, whiteout in hit.held:
            sha256 = None if whiteout or number not in entries else entries[number].sha256
            if sha256 is not None and sha256.hex().startswith(prefix):
                wanted.add(layer)
        if wanted:
            hit.wanted = frozenset(wanted)
            yield hit
