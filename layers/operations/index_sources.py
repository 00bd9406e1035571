"""Where the paths of a new segment of the index come from: layers, and segments that it replaces."""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.db import connection

from layers.models import Chain, SearchBlock, SearchContent, SearchSegment
from layers.models.search import block_id, content_id
from layers.oci.changeset.entry import Kind
from layers.pathindex.block import Block, Group, Item, Place
from layers.pathindex.contents import content_number, ordinal_of, unpack_bucket
from layers.queries.change_rows import directories_of

ENTRIES_AT_ONCE: Final = 20_000
BLOCKS_AT_ONCE: Final = 200
NOWHERE: Final = 2**32 - 1
ENTRIES: Final = "SELECT name, kind, sha256 FROM layers_fileentry WHERE id >= %s AND id < %s ORDER BY id"


class Vanished(Exception):
    """A layer was deleted while it was read."""


class LayerSource:
    """The entries of a layer, in the order of their numbers."""

    def __init__(self, chain: Chain, ordinal: int) -> None:
        """``chain`` is one that the layer is the top of; ``ordinal`` is the layer's in the new segment."""
        self._chain = chain
        self._ordinal = ordinal
        self._digests: deque[bytes | None] = deque()
        self._contents = array("Q")

    @property
    def content_count(self) -> int:
        """Numbers that :meth:`contents` gives, at most."""
        return len(self._contents)

    def groups(self) -> Iterator[Group]:
        """Its paths. Raises ``Vanished``."""
        rows = self._rows()
        for directory, first, count in list(directories_of(self._chain)):
            items: list[Item] = []
            for number in range(first, first + count):
                row = next(rows, None)
                if row is None:
                    raise Vanished
                name, kind, sha256 = row
                self._digests.append(sha256)
                items.append((bytes(name), [Place(self._ordinal, number, kind == Kind.WHITEOUT)]))
            yield directory, items

    def _rows(self) -> Iterator[tuple[bytes, int, bytes | None]]:
        layer = self._chain.layer
        end = layer.first_entry + layer.entry_count
        for first in range(layer.first_entry, end, ENTRIES_AT_ONCE):
            with connection.cursor() as cursor:
                cursor.execute(ENTRIES, [first, min(first + ENTRIES_AT_ONCE, end)])
                yield from cursor.fetchall()

    def placed(self, ordinals: Iterable[int]) -> None:
        """The next paths it gave have these ordinals now."""
        for ordinal in ordinals:
            sha256 = self._digests.popleft()
            if sha256 is not None:
                self._contents.append(content_number(sha256, ordinal))

    def contents(self) -> Iterable[int]:
        """Its contents under the new ordinals, sorted; once all paths are placed."""
        return sorted(self._contents)


class SegmentSource:
    """A segment that is about to be replaced, without what has been deleted since."""

    def __init__(self, segment: SearchSegment, ordinals: dict[int, int]) -> None:
        """``ordinals`` are those of layers in the new segment; a layer without one is left out."""
        self._segment = segment
        self._ordinal = [ordinals.get(layer) for layer in segment.layers]
        self._is_whole = None not in self._ordinal
        self._given: deque[int] = deque()
        self._moved = array("I", [NOWHERE]) * segment.path_count

    @property
    def content_count(self) -> int:
        return self._segment.content_count

    def groups(self) -> Iterator[Group]:
        """Its paths, a block at a time."""
        old = 0
        for block in self._blocks():
            for directory, items in block.groups():
                kept: list[Item] = []
                for name, places in items:
                    moved = self._renumbered(places)
                    if moved:
                        kept.append((name, moved))
                        self._given.append(old)
                    old += 1
                if kept:
                    yield directory, kept

    def _blocks(self) -> Iterator[Block]:
        segment = self._segment
        for number in range(0, segment.block_count, BLOCKS_AT_ONCE):
            first, end = block_id(segment.pk, number), block_id(segment.pk, number + BLOCKS_AT_ONCE)
            rows = SearchBlock.objects.filter(pk__gte=first, pk__lt=min(end, block_id(segment.pk + 1, 0)))
            for text, places in rows.order_by("pk").values_list("text", "places"):
                yield Block(text, places)

    def _renumbered(self, places: Sequence[Place]) -> list[Place]:
        ordinal = self._ordinal
        moved = [
            Place(new, number, whiteout)
            for layer, number, whiteout in places
            if (new := ordinal[layer]) is not None
        ]
        return moved

    def placed(self, ordinals: Iterable[int]) -> None:
        """The next paths it gave have these ordinals now."""
        for ordinal in ordinals:
            self._moved[self._given.popleft()] = ordinal

    def contents(self) -> Iterator[int]:
        """Its contents under the new ordinals, sorted: moving paths keeps their order."""
        first, end = content_id(self._segment.pk, 0), content_id(self._segment.pk + 1, 0)
        rows = SearchContent.objects.filter(pk__gte=first, pk__lt=end).order_by("pk")
        for packed in rows.values_list("numbers", flat=True).iterator(chunk_size=BLOCKS_AT_ONCE):
            for number in unpack_bucket(packed):
                old = ordinal_of(number)
                if self._moved[old] != NOWHERE:
                    yield number - old + self._moved[old]
