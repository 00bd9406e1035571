"""What a search of the index finds: paths, and what the layers have there."""

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Final, NamedTuple

from django.db import connection

from layers.models import SearchSegment
from layers.models.search import block_id
from layers.oci.changeset.paths import join
from layers.pathindex.block import Block
from layers.queries.search_segments import Segments

BLOCKS: Final = "SELECT id, text, places FROM layers_searchblock WHERE id IN ({}) ORDER BY id"


class Key(NamedTuple):
    """Where a path stands among the results."""

    rank: int
    directory: bytes
    name: bytes


class Held(NamedTuple):
    """What a layer has at a path."""

    layer: int
    number: int
    """Of the entry."""
    whiteout: bool


class OutOfTime(Exception):
    """The search has taken as long as it may."""


class Clock:
    """Ends a search that takes too long."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raises ``OutOfTime`` once time is up."""
        if time.monotonic() > self._end:
            raise OutOfTime


class Match(NamedTuple):
    """A path of one segment."""

    key: Key
    segment: SearchSegment
    block: Block
    index: int

    def is_held(self, live: frozenset[int], is_whole: bool) -> bool:
        """Whether a layer that lives holds it; ``is_whole`` where all layers of the segment live."""
        if is_whole and self.block.all_held:
            return True
        layers = self.segment.layers
        return any(
            not whiteout and layers[ordinal] in live for ordinal, whiteout in self.block.layers(self.index)
        )

    def held(self, live: frozenset[int]) -> Iterator[Held]:
        """What the layers that live have there."""
        layers = self.segment.layers
        for ordinal, number, whiteout in self.block.places(self.index):
            if layers[ordinal] in live:
                yield Held(layers[ordinal], number, whiteout)


class Hit:
    """A path that was found, and every layer that says something of it."""

    def __init__(self, key: Key, matches: Sequence[Match], live: frozenset[int]) -> None:
        self.key = key
        self._matches = matches
        self._live = live

    @property
    def path(self) -> bytes:
        return join(self.key.directory, self.key.name)

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """What the layers have there, by layer; worked out only for paths that are shown."""
        return tuple(sorted(each for match in self._matches for each in match.held(self._live)))

    @cached_property
    def wanted(self) -> frozenset[int]:
        """The layers that hold what was searched for: a whiteout holds nothing."""
        return frozenset(each.layer for each in self.held if not each.whiteout)


def key_of(match: Match) -> Key:
    """By which matches are sorted."""
    return match.key


def hits(matches: Iterable[Match], found: Segments) -> Iterator[Hit]:
    """The paths that a layer holds, out of the sorted matches of all segments."""
    whole = {segment.pk: found.live.issuperset(segment.layers) for segment in found.ready}
    for key, group in groupby(matches, key=key_of):
        same = list(group)
        if any(match.is_held(found.live, whole[match.segment.pk]) for match in same):
            yield Hit(key, same, found.live)


def read_blocks(segment: SearchSegment, numbers: Sequence[int]) -> Iterator[Block]:
    """Blocks of a segment, in order."""
    keys = [block_id(segment.pk, number) for number in numbers]
    with connection.cursor() as cursor:
        cursor.execute(BLOCKS.format(marks(keys)), keys)
        rows = cursor.fetchall()
    for _, text, places in rows:
        yield Block(bytes(text), bytes(places))


def first_block(segment: SearchSegment, numbers: Sequence[int] | range, start: Key) -> int:
    """Which of the blocks a search begins with that goes on after ``start``."""
    low, high = 0, len(numbers)
    while high - low > 1:
        middle = (low + high) // 2
        (block,) = read_blocks(segment, numbers[middle : middle + 1])
        directory, name = block.paths[0]
        if (directory[1:-1], name) <= (start.directory, start.name):
            low = middle
        else:
            high = middle
    return low


def marks(values: Sequence[object]) -> str:
    """A placeholder for each value, for ``IN``."""
    return ", ".join(["%s"] * len(values))
