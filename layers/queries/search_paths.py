"""Paths of all layers that match a pattern, in order, from the index.

A search looks up which blocks of each segment hold the letters it must find,
reads these in order, and stops when it has enough: so what is found often is as
quick as what is found once.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from heapq import merge
from operator import and_, or_
from typing import Final

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Length

from layers.models import SearchGram, SearchSegment
from layers.models.search import gram_id
from layers.oci.changeset.paths import split
from layers.pathindex.block import Block, spelled
from layers.pathindex.pattern import NAMED, Pattern, Pieces
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
POSTINGS_A_BLOCK: Final = 32
"""Bytes of lists for each block, from which on they are not worth reading."""
POSTINGS: Final = "SELECT id, postings FROM layers_searchgram WHERE id IN ({})"


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
        self._test = lru_cache(64)(pattern.in_directory)

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
        text = block.text
        folded = text.lower()
        for start, end, directory_start, directory_end in self._spots(folded):
            test = self._test(folded[directory_start:directory_end])
            if test is None or test(folded[start + 1 : end]) != self._rank:
                continue
            # Every path before it ends with a NUL, and every directory with a slash and one.
            index = folded.count(b"\0", 0, start) - folded.count(b"/\0", 0, start)
            key = Key(self._rank, text[directory_start + 1 : directory_end - 1], text[start + 1 : end])
            yield Match(key, self._segment, block, index)

    def _spots(self, text: bytes) -> Iterator[tuple[int, int, int, int]]:
        """Names that may match, and their directories: from where to where they stand."""
        starts = self._pattern.candidates(text) if self._rank == NAMED else self._below(text)
        for start in starts:
            directory_end = text.rindex(b"/\0", 0, start) + 1
            directory_start = text.rfind(b"\0", 0, directory_end) + 1
            yield start, text.index(b"\0", start), directory_start, directory_end

    def _below(self, text: bytes) -> Iterator[int]:
        """The names in directories that match themselves."""
        at, is_below = 0, False
        for part in text.split(b"\0")[:-1]:
            if part.endswith(b"/"):
                is_below = self._test(part) is not None
            elif is_below:
                yield at
            at += len(part) + 1


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
    """The blocks with one or two letters: those of all grams that begin with them.

    Where that is nearly every block, it is every block: finding out would take longer.
    """
    first = gram_id(segment.pk, of_directory, piece.ljust(GRAM, b"\0"))
    end = first + (1 << 8 * (GRAM - len(piece)))
    rows = SearchGram.objects.filter(pk__gte=first, pk__lt=end)
    size = rows.aggregate(size=Sum(Length("postings")))["size"] or 0
    if size > POSTINGS_A_BLOCK * segment.block_count:
        return (1 << segment.block_count) - 1
    found = rows.values_list("postings", flat=True)
    return reduce(or_, (unpack_postings(packed, segment.block_count) for packed in found), 0)


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
