"""A segment of the index, written where no search sees it yet, and then put in the place of others."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from heapq import merge
from itertools import chain, groupby
from typing import Final

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from layers.models import Chain, Layer, SearchBlock, SearchContent, SearchGram, SearchSegment
from layers.models.bulk import insert_rows
from layers.models.search import block_id, content_id, gram_id
from layers.operations.index_sources import LayerSource, SegmentSource
from layers.pathindex.contents import bucket_bits, buckets
from layers.pathindex.merge import merged
from layers.pathindex.segment import BlockRow, SegmentWriter

BLOCKS_AT_ONCE: Final = 500
ROWS_AT_ONCE: Final = 2000
RETIRED_SECONDS: Final = 20
"""How long the rows of a replaced segment stay, for searches that read it when it was replaced."""

Source = LayerSource | SegmentSource


def write_segment(layers: Sequence[int], replaced: Sequence[SearchSegment]) -> None:
    """One segment of the new ``layers``, and of all layers that live in the ``replaced`` segments.

    Raises:
        Vanished: a new layer was deleted while it was read; nothing has changed.
    """
    live = live_layers([*layers, *(layer for old in replaced for layer in old.layers)])
    ordinals = {layer: ordinal for ordinal, layer in enumerate(live)}
    written = SearchSegment.objects.create(layers=list(live), sizes=list(live.values())) if live else None
    if written is not None:
        try:
            fill(written, sources_of([layer for layer in layers if layer in live], replaced, ordinals))
        except BaseException:
            drop(written)
            raise
    with transaction.atomic():
        if written is not None:
            put(written, SearchSegment.State.READY)
        for old in replaced:
            put(old, SearchSegment.State.RETIRED)


def live_layers(keys: Iterable[int]) -> dict[int, int]:
    """Those of the layers that can be seen, in order, and how many entries each has."""
    wanted = set(keys)
    rows = Layer.objects.filter(staging="").order_by("pk").values_list("pk", "entry_count")
    return {layer: size for layer, size in rows if layer in wanted}


def sources_of(
    layers: Sequence[int], replaced: Sequence[SearchSegment], ordinals: dict[int, int]
) -> list[Source]:
    """New layers by any chain they are the top of, and segments."""
    tops: dict[int, Chain] = {}
    for top in Chain.objects.filter(staging="", layer__in=layers).select_related("layer"):
        tops[top.layer_id] = top
    found: list[Source] = [LayerSource(tops[layer], ordinals[layer]) for layer in layers if layer in tops]
    return found + [SegmentSource(old, ordinals) for old in replaced]


def fill(segment: SearchSegment, sources: Sequence[Source]) -> None:
    """Write the rows of a segment, in short transactions."""
    full: list[tuple[int, bytes, bytes]] = []

    def keep(row: BlockRow) -> None:
        full.append((block_id(segment.pk, row.number), row.text, row.places))
        if len(full) == BLOCKS_AT_ONCE:
            insert_rows(SearchBlock, full)
            full.clear()
            clean_retired()

    writer = SegmentWriter(keep)
    for directory, items, parts in merged([source.groups() for source in sources]):
        first = writer.path_count
        writer.add(directory, items)
        for number, offsets in parts:
            sources[number].placed([first + offset for offset in offsets])
    writer.finish()
    insert_rows(SearchBlock, full)
    insert_rows(SearchGram, gram_rows(segment.pk, writer))
    segment.path_count, segment.block_count = writer.path_count, writer.block_count
    write_contents(segment, sources)


def gram_rows(segment: int, writer: SegmentWriter) -> Iterator[tuple[int, bytes]]:
    names = ((gram_id(segment, False, gram), packed) for gram, packed in writer.name_postings())
    directories = ((gram_id(segment, True, gram), packed) for gram, packed in writer.directory_postings())
    return chain(names, directories)


def write_contents(segment: SearchSegment, sources: Sequence[Source]) -> None:
    """Write which paths hold what content; the same at the same path counts once, however many layers."""
    segment.content_bits = bucket_bits(sum(source.content_count for source in sources))
    count = 0

    def numbers() -> Iterator[int]:
        nonlocal count
        for number, _ in groupby(merge(*(source.contents() for source in sources))):
            count += 1
            yield number

    rows = buckets(numbers(), segment.content_bits)
    insert_rows(SearchContent, ((content_id(segment.pk, bucket), packed) for bucket, packed in rows))
    segment.content_count = count


def put(segment: SearchSegment, state: SearchSegment.State) -> None:
    """Show a segment to searches, or hide it from those that begin from now on."""
    segment.state = state
    segment.save()


def clean_unfinished() -> None:
    """Remove what writers that died have left; for whoever writes alone."""
    for segment in SearchSegment.objects.filter(state=SearchSegment.State.BUILDING):
        drop(segment)


def clean_retired() -> None:
    """Remove what was replaced a while ago, so that what is written next takes its room."""
    long_ago = timezone.now() - timedelta(seconds=RETIRED_SECONDS)
    retired = SearchSegment.objects.filter(state=SearchSegment.State.RETIRED)
    for segment in retired.filter(changed_at__lt=long_ago):
        drop(segment)


def drop(segment: SearchSegment) -> None:
    """Remove a segment that no search reads, its rows first."""
    ranges: list[tuple[type[Model], int, int]] = [
        (SearchBlock, block_id(segment.pk, 0), block_id(segment.pk + 1, 0)),
        (SearchGram, gram_id(segment.pk, False, b"\0\0\0"), gram_id(segment.pk + 1, False, b"\0\0\0")),
        (SearchContent, content_id(segment.pk, 0), content_id(segment.pk + 1, 0)),
    ]
    for model, first, end in ranges:
        remove_rows(model, first, end)
    segment.delete()


def remove_rows(model: type[Model], first: int, end: int) -> None:
    """Delete the rows with ids from ``first`` up to ``end``, some at a time: few of these ids are taken."""
    rows = model._default_manager.filter(pk__gte=first, pk__lt=end).order_by("pk")
    while keys := list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        with transaction.atomic():
            some = model._default_manager.filter(pk__gte=first, pk__lte=keys[-1])
            some._raw_delete(using=some.db)
