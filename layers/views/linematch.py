"""Which lines of two texts are the same.

Lines that are unique on both sides are found first and hold the rest in place
(the patience way), so what is left between them is small. A comparison line by
line, which takes the square of the lines, is only tried on such rests.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

PAIRS = 200_000
"""Equal lines on both sides, each with each, of a rest that is still matched line by line."""
LOOKS = 30
"""How often each line is looked at, on the average, before what is left counts as changed whole."""

Block = tuple[int, int, int, int]
"""Bounds of a stretch on the left and on the right."""


def changes(before: Sequence[str], after: Sequence[str]) -> list[Block]:
    """The stretches that differ, in order; between them both sides are the same.

    >>> changes(["a", "b", "c"], ["a", "x", "y", "c"])
    [(1, 2, 1, 3)]
    """
    todo: list[Block] = [(0, len(before), 0, len(after))]
    found: list[Block] = []
    looks = LOOKS * (len(before) + len(after))
    while todo:
        a1, a2, b1, b2 = trimmed(before, after, todo.pop())
        if a1 == a2 and b1 == b2:
            continue
        looks -= a2 - a1 + b2 - b1
        inner = split(before, after, (a1, a2, b1, b2)) if a1 < a2 and b1 < b2 and looks > 0 else []
        if inner:
            todo += reversed(inner)
        else:
            found.append((a1, a2, b1, b2))
    return joined(found)


def joined(blocks: list[Block]) -> list[Block]:
    """The blocks, those that touch made one."""
    found: list[Block] = []
    for block in blocks:
        if found and found[-1][1] == block[0] and found[-1][3] == block[2]:
            found[-1] = (found[-1][0], block[1], found[-1][2], block[3])
        else:
            found.append(block)
    return found


def trimmed(before: Sequence[str], after: Sequence[str], block: Block) -> Block:
    """A block without what is equal at its beginning and at its end."""
    a1, a2, b1, b2 = block
    while a1 < a2 and b1 < b2 and before[a1] == after[b1]:
        a1, b1 = a1 + 1, b1 + 1
    while a1 < a2 and b1 < b2 and before[a2 - 1] == after[b2 - 1]:
        a2, b2 = a2 - 1, b2 - 1
    return a1, a2, b1, b2


def split(before: Sequence[str], after: Sequence[str], block: Block) -> list[Block]:
    """The blocks between the lines that both sides of one share; none where they share none."""
    a1, a2, b1, b2 = block
    matches = anchors(before, after, block) or matched(before, after, block)
    if not matches:
        return []
    blocks, left, right = [], a1, b1
    for i, j in matches:
        blocks.append((left, i, right, j))
        left, right = i + 1, j + 1
    return [*blocks, (left, a2, right, b2)]


def anchors(before: Sequence[str], after: Sequence[str], block: Block) -> list[tuple[int, int]]:
    """Lines that stand once on either side, as many as keep their order."""
    a1, a2, b1, b2 = block
    left, right = Counter(before[a1:a2]), Counter(after[b1:b2])
    places = {after[j]: j for j in range(b1, b2) if right[after[j]] == 1}
    pairs = [(i, places[before[i]]) for i in range(a1, a2) if left[before[i]] == 1 and before[i] in places]
    return rising(pairs)


def rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs whose second numbers rise, as their first ones do.

    >>> rising([(0, 5), (1, 2), (2, 3), (4, 1)])
    [(1, 2), (2, 3)]
    """
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for number, (_, j) in enumerate(pairs):
        at = bisect_left(tails, j)
        previous.append(ends[at - 1] if at else -1)
        tails[at : at + 1], ends[at : at + 1] = [j], [number]
    found, number = [], ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = previous[number]
    return found[::-1]


def matched(before: Sequence[str], after: Sequence[str], block: Block) -> list[tuple[int, int]]:
    """Equal lines of a block in which none is unique; none where there are too many to try."""
    a1, a2, b1, b2 = block
    right = Counter(after[b1:b2])
    if sum(right[line] for line in before[a1:a2]) > PAIRS:
        return []
    matcher = SequenceMatcher(None, before[a1:a2], after[b1:b2], autojunk=False)
    return [(a1 + i + n, b1 + j + n) for i, j, size in matcher.get_matching_blocks() for n in range(size)]
