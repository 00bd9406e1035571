"""Two texts side by side: rows of two columns, what is the same folded, and like lines on one row.

Pure; runs in the process of ``texthelper``, which is ended where a text is made to take for ever.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from layers.views.linematch import Block, changes
from layers.views.wordmarks import WORD, WORDS_LENGTH, Segments, alone, marked, shortened

CONTEXT = 3
"""Unchanged lines kept on each side of a difference."""
BLOCK_PAIRS = 2500
"""Lines, each with each, of a changed block whose most alike are looked for."""
ALL_PAIRS = 20_000
"""The same in one comparison; past it lines pair in their order."""
ALIKE = 0.5
"""The share of two lines that is the same, from which on they belong together."""


class Place(NamedTuple):
    """A row before its text is looked at: its lines' indices, and whether they are the same or alike."""

    kind: str
    """``same``, ``alike``, ``change``, or ``fold``, which leaves ``count`` lines out."""
    left: int | None
    right: int | None
    count: int = 0


class Row(NamedTuple):
    """One row; a side that has no line there has the number 0 and ``None``."""

    kind: str
    """``same``, ``change``, or ``fold``: from these numbers on ``count`` unchanged lines are left out."""
    left_number: int
    left: Segments | None
    right_number: int
    right: Segments | None
    count: int


class Difference(NamedTuple):
    """A page of rows, how many there are, and how many lines stand on one side alone."""

    rows: list[Row]
    total: int
    deleted: int
    added: int


def difference(
    before: Sequence[str], after: Sequence[str], *, whole: bool = False, start: int = 0, limit: int = 1000
) -> Difference:
    """The rows of two texts, given as lines with their ends; ``whole`` folds nothing."""
    blocks = changes(before, after)
    places = list(placed(before, after, blocks, None if whole else CONTEXT))
    return Difference(
        [row(before, after, place) for place in places[start : start + limit]],
        len(places),
        sum(a2 - a1 for a1, a2, _, _ in blocks),
        sum(b2 - b1 for _, _, b1, b2 in blocks),
    )


def placed(
    before: Sequence[str], after: Sequence[str], blocks: Sequence[Block], context: int | None
) -> Iterator[Place]:
    """All rows, from the top."""
    pairs_left, left, right = ALL_PAIRS, 0, 0
    for a1, a2, b1, b2 in blocks:
        yield from unchanged(left, a1, right, context, after=left > 0 or right > 0, before=True)
        count = (a2 - a1) * (b2 - b1)
        weighed = count <= min(BLOCK_PAIRS, pairs_left)
        pairs_left -= count if weighed else 0
        yield from changed(before, after, (a1, a2, b1, b2), weighed)
        left, right = a2, b2
    if blocks:
        yield from unchanged(left, len(before), right, context, after=True, before=False)


def unchanged(
    start: int, end: int, right: int, context: int | None, *, after: bool, before: bool
) -> Iterator[Place]:
    """The rows of a stretch that is the same: what stands near a difference, the rest as one fold."""
    head = start + (context or 0 if after else 0)
    tail = end - (context or 0 if before else 0)
    if context is None or tail - head <= 1:
        head = tail = end
    shift = right - start
    yield from (Place("same", at, at + shift) for at in range(start, head))
    if head < tail:
        yield Place("fold", head, head + shift, tail - head)
        yield from (Place("same", at, at + shift) for at in range(tail, end))


def changed(before: Sequence[str], after: Sequence[str], block: Block, weighed: bool) -> Iterator[Place]:
    """The rows of a stretch that differs: lines that are alike stand on one row."""
    a1, a2, b1, b2 = block
    pairs = best_pairs(before[a1:a2], after[b1:b2]) if weighed else []
    left, right = a1, b1
    for i, j in [*pairs, (a2 - a1, b2 - b1)]:
        for one, other in zip_longest(range(left, a1 + i), range(right, b1 + j)):
            yield Place("change", one, other)
        if a1 + i < a2:
            yield Place("alike", a1 + i, b1 + j)
        left, right = a1 + i + 1, b1 + j + 1


def row(before: Sequence[str], after: Sequence[str], place: Place) -> Row:
    """A row with its text, the words of lines that are alike marked."""
    kind, left, right, count = place
    numbers = ((left or 0) + (left is not None), (right or 0) + (right is not None))
    old = None if left is None else before[left]
    new = None if right is None else after[right]
    if kind == "fold":
        return Row(kind, numbers[0], None, numbers[1], None, count)
    if kind == "same" and old is not None:
        segments: Segments = [("", shortened(old.rstrip("\r\n")))]
        return Row(kind, numbers[0], segments, numbers[1], segments, 0)
    if kind == "alike" and old is not None and new is not None:
        old_segments, new_segments = marked(old, new)
        return Row("change", numbers[0], old_segments, numbers[1], new_segments, 0)
    return Row("change", numbers[0], alone(old), numbers[1], alone(new), 0)


def best_pairs(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of lines that are alike, as much as can be in all, and none crossing another."""
    old, new = [words(line) for line in left], [words(line) for line in right]
    alike = [[likeness(one, other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            pair = best[i + 1][j + 1] + alike[i][j] if alike[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], pair)
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if alike[i][j] and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def words(line: str) -> Counter[str]:
    return Counter(word for word in WORD.findall(line[:WORDS_LENGTH]) if not word.isspace())


def likeness(left: Counter[str], right: Counter[str]) -> float:
    """How much of two lines is the same, up to 1; 0 where that is too little to speak of."""
    total = left.total() + right.total()
    share = 2 * (left & right).total() / total if total else 1.0
    return share if share >= ALIKE else 0.0
