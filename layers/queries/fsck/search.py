"""I5: the index of paths has all the rows that its segments say, and none of segments that are gone."""

from collections.abc import Iterator

from django.db.models import Model
from django.utils.translation import gettext as _

from layers.models import SearchBlock, SearchContent, SearchGram, SearchSegment
from layers.models.search import BLOCK_BITS, BUCKET_BITS, GRAM_BITS, block_id
from layers.queries.fsck.problem import Fault, Problem

SHIFTS: tuple[tuple[type[Model], int], ...] = (
    (SearchBlock, BLOCK_BITS),
    (SearchGram, GRAM_BITS + 1),
    (SearchContent, BUCKET_BITS),
)
"""Each table, and how many low bits of an id are not its segment's."""


def check_search() -> Iterator[Problem]:
    """Every segment that searches read; what it holds is not looked at."""
    for segment in SearchSegment.objects.filter(state=SearchSegment.State.READY).order_by("pk"):
        rows = SearchBlock.objects.filter(pk__gte=block_id(segment.pk, 0), pk__lt=block_id(segment.pk + 1, 0))
        told = {"count": segment.block_count, "found": rows.count()}
        if told["found"] != told["count"]:
            sentence = _("It has %(count)d blocks of paths, of which %(found)d are here.") % told
            yield Problem(Fault.INDEX_WRONG, f"segment {segment.pk}", sentence, segment.pk)
    for key in sorted(segments_of_rows() - set(SearchSegment.objects.values_list("pk", flat=True))):
        sentence = _("There are rows of it, and no such segment.")
        yield Problem(Fault.INDEX_WRONG, f"segment {key}", sentence, key)


def segments_of_rows() -> set[int]:
    """The segments that the rows of the index are of, found by a few probes for each."""
    found: set[int] = set()
    for model, shift in SHIFTS:
        first = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        while first is not None:
            found.add(first >> shift)
            following = model._default_manager.filter(pk__gte=((first >> shift) + 1) << shift)
            first = following.order_by("pk").values_list("pk", flat=True).first()
    return found
