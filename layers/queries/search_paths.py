"""Paths of all layers that match a pattern, in order, from the index.

A search looks up which blocks of each segment hold the letters it must find,
reads these in order, and stops when it has enough: so what is found often is as
quick as what is found once.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from heapq import merge
from operator import and_, or_
from typing import Final

from django.db import connection

from layers.models import SearchSegment
from layers.models.search import gram_id
from layers.oci.changeset.paths import split
from layers.pathindex.block import Block, spelled
from layers.pathindex.pattern import Pattern, Pieces
from layers.pathindex.postings import GRAM, grams, in_order, unpack_postings
from layers.queries.search_matches import (
    Clock,
    Hit,
    Key,
    Match,
    first_block,
    hits,
    key_of,
    marks,
    read_blocks,
)
from layers.queries.search_segments import Segments

KEYS_A_QUERY: Final = 500
GRAMS_A_PIECE: Final = 24
FIRST_BLOCKS: Final = 4
BLOCKS_AT_ONCE: Final = 64
POSTINGS: Final = "SELECT id, postings FROM layers_searchgram WHERE id IN ({})"
POSTINGS_BETWEEN: Final = "SELECT id, postings FROM layers_searchgram WHERE id >= %s AND id < %s"


def find_paths(found: Segments, pattern: Pattern, clock: Clock, after: Key | None = None) -> Iterator[Hit]:
    """The paths that match and that a layer holds, in the order of their keys, those after ``after``.

    Raises:
        OutOfTime: from the iterator, after all that was found in time.
    """
    for pieces in pattern.plan:
        if after is not None and pieces.rank < after.rank:
            continue
        start = after if after is not None and pieces.rank == after.rank else None
        candidates = Candidates(found.ready, pieces)
        streams = [
            Matches(segment, pattern, pieces.rank, clock).walk(candidates.blocks(segment), start)
            for segment in found.ready
        ]
        yield from hits(merge(*streams, key=key_of), found)


class Matches:
    """The paths of one segment that match with one rank."""

    def __init__(self, segment: SearchSegment, pattern: Pattern, rank: int, clock: Clock) -> None:
        self._segment = segment
        self._pattern = pattern
        self._rank = rank
        self._clock = clock

    def walk(self, numbers: Sequence[int] | range, start: Key | None) -> Iterator[Match]:
        """Those in some blocks, in order, after ``start``."""
        at = 0 if start is None else first_block(self._segment, numbers, start)
        size = FIRST_BLOCKS
        while at < len(numbers):
            self._clock.check()
            for block in read_blocks(self._segment, numbers[at : at + size]):
                for match in self._in_block(block):
                    if start is None or match.key > start:
                        yield match
            at, size = at + size, min(size * 2, BLOCKS_AT_ONCE)

    def _in_block(self, block: Block) -> Iterator[Match]:
        folded = block.text.lower()
        if not self._pattern.may_match(folded):
            return
        parts, test, index, at = block.text.split(b"\0"), None, -1, 0
        for number, part in enumerate(folded.split(b"\0")[:-1]):
            if part.endswith(b"/"):
                at, test = number, self._pattern.in_directory(part)
                continue
            index += 1
            if test is not None and test(part[1:]) == self._rank:
                key = Key(self._rank, parts[at][1:-1], parts[number][1:])
                yield Match(key, self._segment, block, index)


class Candidates:
    """The blocks that hold every gram a path must have; read for all segments at once."""

    def __init__(self, found: Sequence[SearchSegment], pieces: Pieces) -> None:
        self._needed = [(False, piece) for piece in pieces.name] + [
            (True, piece) for piece in pieces.directory
        ]
        whole = {
            (of_directory, gram)
            for of_directory, piece in self._needed
            if len(piece) >= GRAM
            for gram in sample(piece)
        }
        self._whole = sorted(whole)
        keys = [gram_id(segment.pk, *each) for segment in found for each in self._whole]
        self._postings = dict(read_postings(keys))

    def blocks(self, segment: SearchSegment) -> Sequence[int] | range:
        """The numbers of the blocks, in order."""
        sets = [self._having(segment, *each) for each in self._whole]
        sets += [
            beginning(segment, of_directory, piece)
            for of_directory, piece in self._needed
            if len(piece) < GRAM
        ]
        if not sets:
            return range(segment.block_count)
        return list(in_order(reduce(and_, sets)))

    def _having(self, segment: SearchSegment, of_directory: bool, gram: bytes) -> int:
        packed = self._postings.get(gram_id(segment.pk, of_directory, gram))
        return 0 if packed is None else unpack_postings(packed, segment.block_count)


def sample(piece: bytes) -> list[bytes]:
    """The grams of a piece, or of a long one some from all over it."""
    found = sorted(grams(piece))
    return found[:: len(found) // GRAMS_A_PIECE + 1]


def beginning(segment: SearchSegment, of_directory: bool, piece: bytes) -> int:
    """The blocks with one or two letters: those of all grams that begin with them."""
    first = gram_id(segment.pk, of_directory, piece.ljust(GRAM, b"\0"))
    end = first + (1 << 8 * (GRAM - len(piece)))
    with connection.cursor() as cursor:
        cursor.execute(POSTINGS_BETWEEN, [first, end])
        rows = cursor.fetchall()
    return reduce(or_, (unpack_postings(bytes(packed), segment.block_count) for _, packed in rows), 0)


def read_postings(keys: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    for at in range(0, len(keys), KEYS_A_QUERY):
        some = keys[at : at + KEYS_A_QUERY]
        with connection.cursor() as cursor:
            cursor.execute(POSTINGS.format(marks(some)), some)
            rows = cursor.fetchall()
        for key, packed in rows:
            yield key, bytes(packed)


def find_path(found: Segments, path: bytes) -> Hit | None:
    """Exactly this path, if a layer holds it."""
    directory, name = split(path)
    key = Key(0, directory, name)
    matches = []
    for segment in found.ready:
        numbers = range(segment.block_count)
        at = first_block(segment, numbers, key)
        for block in read_blocks(segment, numbers[at : at + 1]):
            spot = (spelled(directory), name)
            if spot in block.paths:
                matches.append(Match(key, segment, block, block.paths.index(spot)))
    return next(hits(matches, found), None)
