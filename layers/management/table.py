"""Tables as docker's client lays them out: Go's ``text/tabwriter`` with its settings.

A column is as wide as the widest of the cells that stand directly above each
other in it; the last cell of a line belongs to no column, so nothing pads it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

SHORTEST: Final = 10
PADDING: Final = 3

Line = Sequence[str]


def table(rows: Iterable[Sequence[str]]) -> str:
    """The rows as lines of text, each ended. A newline in a cell starts a line, as it does in docker."""
    text = "".join("\t".join(row) + "\n" for row in rows)
    lines = [line.split("\t") for line in text.split("\n")[:-1]]
    return "".join(f"{line}\n" for line in laid_out(lines, ()))


def laid_out(lines: Sequence[Line], widths: tuple[int, ...]) -> Iterator[str]:
    """Lines whose first columns are as wide as ``widths``; the next column is measured block by block."""
    column = len(widths)
    for in_column, group in groupby(lines, lambda line: column < len(line) - 1):
        if in_column:
            block = list(group)
            width = max(SHORTEST, *(len(line[column]) + PADDING for line in block))
            yield from laid_out(block, (*widths, width))
        else:
            yield from (padded(line, widths) for line in group)


def padded(line: Line, widths: tuple[int, ...]) -> str:
    """A line with every cell but those beyond ``widths`` padded."""
    cells = [cell.ljust(widths[at]) if at < len(widths) else cell for at, cell in enumerate(line)]
    return "".join(cells)
