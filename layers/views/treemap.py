"""A treemap: areas within areas, each as large as its bytes, laid out as squarish as may be.

The rows of a directory are filled as Bruls, Huizing and van Wijk do it ("Squarified
Treemaps", 2000). The largest directory is opened first, until there are as many
rectangles as a page should hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Final, NamedTuple

WIDTH: Final = 1200.0
HEIGHT: Final = 540.0
TILES: Final = 700
"""With a hatched part each these are fewer than 1,500 rectangles."""
SMALLEST_OPEN: Final = 5000.0
"""Square units from which a directory shows what is in it."""
SMALLEST: Final = 40.0
"""Square units below which what is left of a directory is drawn as one."""
TILES_INSIDE: Final = 90
"""Tiles in one directory, before what is left is drawn as one."""
HEADER: Final = 20.0
PADDING: Final = 2.0
TONES: Final = 6
"""Colours that take turns among the topmost areas."""
LETTER: Final = 7.4
"""Units that a letter of a label takes, roughly."""


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def surface(self) -> float:
        return self.width * self.height

    @property
    def text(self) -> "Placed":
        return Placed(*(f"{number:.1f}" for number in self))


class Placed(NamedTuple):
    """A rectangle as the attributes of an element spell it."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Area:
    """Something with bytes, and what is in it."""

    label: str
    live: int
    shadowed: int
    deleted: int
    url: str
    """Where it leads."""
    title: str
    inner: Callable[[], Sequence["Area"]] | None = None
    """Opened only where there is room."""

    @property
    def size(self) -> int:
        return self.live + self.shadowed + self.deleted


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the picture."""

    box: Box
    area: Area
    group: int
    """Which of the topmost areas it belongs to."""
    branch: int
    """Which of those, or of what is in the first that is opened: they take turns in colour."""
    depth: int
    is_open: bool
    """Whether smaller tiles lie on it."""

    @property
    def hatched(self) -> list[tuple[str, Placed]]:
        """The parts of it that stand for hidden bytes, each with its pattern; they lie at its lower end."""
        area, (x, bottom, width, height) = self.area, self.box
        if self.is_open:
            return []
        found, bottom = [], bottom + height
        for name, size in (("deleted", area.deleted), ("shadowed", area.shadowed)):
            part = height * size / area.size
            bottom -= part
            if size:
                found.append((name, Box(x, bottom, width, part).text))
        return found

    @property
    def tone(self) -> int:
        return self.branch % TONES

    @property
    def label(self) -> str:
        """As much of its name as it has room for; nothing if that is too little."""
        letters = int((self.box.width - 10) / LETTER)
        if self.box.height < HEADER - 2 or letters < 3:
            return ""
        text = self.area.label
        return text if len(text) <= letters else f"{text[: letters - 1]}…"

    @property
    def label_place(self) -> tuple[str, str]:
        return f"{self.box.x + 5:.1f}", f"{self.box.y + 14.5:.1f}"


def treemap(areas: Sequence[Area], tiles: int = TILES) -> list[Tile]:
    """The picture of ``areas``, largest first; those below lie before those upon them."""
    found: list[Tile] = []
    waiting: list[tuple[float, int]] = []
    _lay(areas, Box(0, 0, WIDTH, HEIGHT), None, found, waiting)
    while waiting and len(found) < tiles - TILES_INSIDE:
        index = heappop(waiting)[1]
        tile = found[index]
        found[index] = replace(tile, is_open=True)
        _lay(tile.area.inner() if tile.area.inner else (), _inside(tile.box), tile, found, waiting)
    return sorted(found, key=lambda tile: tile.depth)


def _lay(
    areas: Sequence[Area],
    box: Box,
    outer: Tile | None,
    found: list[Tile],
    waiting: list[tuple[float, int]],
) -> None:
    """Put areas into a box; those that are large enough wait to be opened."""
    shown = folded([area for area in areas if area.size > 0], box.surface)
    for number, (area, place) in enumerate(zip(shown, squarified([a.size for a in shown], box), strict=True)):
        depth = outer.depth + 1 if outer else 0
        branch = number if outer is None else outer.branch + number if outer.depth == 0 else outer.branch
        if area.inner is not None and place.surface >= SMALLEST_OPEN:
            heappush(waiting, (-place.surface, len(found)))
        found.append(Tile(place, area, outer.group if outer else number, branch, depth, False))


def folded(areas: Sequence[Area], surface: float) -> list[Area]:
    """The areas that can be told apart on so much surface, and the rest as one."""
    whole = sum(area.size for area in areas) or 1
    count = sum(area.size * surface >= SMALLEST * whole for area in areas[:TILES_INSIDE])
    kept, rest = list(areas[:count]), areas[count:]
    if len(rest) < 2:
        return [*kept, *rest]
    sums = (sum(sizes) for sizes in zip(*((a.live, a.shadowed, a.deleted) for a in rest), strict=True))
    return sorted([*kept, Area("…", *sums, "", "")], key=lambda area: -area.size)


def _inside(box: Box) -> Box:
    """What a tile leaves for those upon it: below its name, within its edge."""
    header = HEADER if box.height > 2.5 * HEADER else PADDING
    return Box(
        box.x + PADDING,
        box.y + header,
        max(0.0, box.width - 2 * PADDING),
        max(0.0, box.height - header - PADDING),
    )


def squarified(sizes: Sequence[int], box: Box) -> list[Box]:
    """Boxes that fill ``box``, each of a size in proportion; ``sizes`` fall, and none is 0."""
    boxes: list[Box] = []
    scale = box.surface / sum(sizes) if sizes else 0.0
    surfaces = [size * scale for size in sizes]
    start = 0
    while start < len(surfaces) and box.width > 0 and box.height > 0:
        side = min(box.width, box.height)
        end, total = start + 1, surfaces[start]
        worst = _ratio(surfaces[start], surfaces[start], total, side)
        while end < len(surfaces):
            longer = _ratio(surfaces[start], surfaces[end], total + surfaces[end], side)
            if longer > worst:
                break
            worst, total, end = longer, total + surfaces[end], end + 1
        row, box = _row(surfaces[start:end], total, box)
        boxes += row
        start = end
    return boxes + [Box(box.x, box.y, 0.0, 0.0)] * (len(sizes) - len(boxes))


def _ratio(largest: float, smallest: float, total: float, side: float) -> float:
    """How far the worst of a row is from a square."""
    if not smallest or not total:
        return float("inf")
    return max(side * side * largest / (total * total), total * total / (side * side * smallest))


def _row(surfaces: Sequence[float], total: float, box: Box) -> tuple[list[Box], Box]:
    """A row along the shorter side, and what is left of the box."""
    is_column = box.width >= box.height
    side = box.height if is_column else box.width
    thickness = total / side
    boxes, at = [], 0.0
    for surface in surfaces:
        length = surface / thickness
        if is_column:
            boxes.append(Box(box.x, box.y + at, thickness, length))
        else:
            boxes.append(Box(box.x + at, box.y, length, thickness))
        at += length
    if is_column:
        return boxes, Box(box.x + thickness, box.y, max(0.0, box.width - thickness), box.height)
    return boxes, Box(box.x, box.y + thickness, box.width, max(0.0, box.height - thickness))
