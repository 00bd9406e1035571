"""A block: paths that follow each other in a segment, and for each the layers that hold it.

Paths come by directory, then name, so a directory is spelled once for many
names. The text and the places are packed apart: most blocks are only looked at.

What a layer has at a path is an entry with a number, and the entries of one
directory of one layer are numbered on in the order of their names. So a block
keeps, for each directory and layer, where the numbers start, and nothing more.
"""

import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from layers.pathindex.varints import pack, signed, unpack, unsigned

PATHS_A_BLOCK = 128
RAW = -15
"""A deflate stream without header and checksum: the row's database answers for its bytes."""


class Place(NamedTuple):
    """What one layer has at a path."""

    layer: int
    """An ordinal in the segment's list of layers."""
    number: int
    """Of the entry."""
    whiteout: bool
    """The layer deletes the path from the layers below."""


Item = tuple[bytes, Sequence[Place]]
"""A name and its places, by layer."""
Group = tuple[bytes, Sequence[Item]]
"""A directory (without slashes at its ends; the root is empty) and its names in order."""


def spelled(directory: bytes) -> bytes:
    """A directory as it stands in a block: with a slash at both ends.

    >>> spelled(b"etc/nginx"), spelled(b"")
    (b'/etc/nginx/', b'/')
    """
    return b"/" + directory + b"/" if directory else b"/"


def pack_text(groups: Iterable[Group]) -> bytes:
    """The paths: each directory, then its names, all ended by a NUL; names start with a slash."""
    text = bytearray()
    for directory, items in groups:
        text += spelled(directory) + b"\0"
        for name, _ in items:
            text += b"/" + name + b"\0"
    return zlib.compress(text, 6, RAW)


def pack_places(groups: Sequence[Group]) -> bytes:
    """Which layers hold each path, and the numbers of their entries.

    Paths that the same layers hold have the same *shape*; there are few in a block.
    The first byte tells whether each path is held by a layer, not only deleted.
    """
    shapes: dict[tuple[int, ...], int] = {}
    kinds: list[int] = []
    starts: list[int] = []
    expected: dict[int, int] = {}
    for _, items in groups:
        begun: set[int] = set()
        for _, places in items:
            shape = tuple([layer << 1 | whiteout for layer, _, whiteout in places])
            kinds.append(shapes.setdefault(shape, len(shapes)))
            for layer, number, _ in places:
                if layer not in begun:
                    begun.add(layer)
                    starts.append(signed(number - expected.get(layer, 0)))
                elif number != expected[layer]:
                    raise ValueError(f"entry {number} does not follow {expected[layer] - 1}")
                expected[layer] = number + 1
    table = [len(shapes)]
    for shape in shapes:
        table.append(len(shape))
        table += [b - a for a, b in zip((0, *shape), shape, strict=False)]
    all_held = all(any(not code & 1 for code in shape) for shape in shapes)
    return bytes([all_held]) + zlib.compress(pack([*table, *kinds, *starts]), 6, RAW)


class Block:
    """A block as it was packed, unpacked as far as somebody asks."""

    def __init__(self, text: bytes, places: bytes) -> None:
        self._text = text
        self._places = places

    @cached_property
    def text(self) -> bytes:
        """Directories and names, as :func:`pack_text` lays them out."""
        return zlib.decompress(self._text, RAW)

    @property
    def all_held(self) -> bool:
        """Whether each path is held by a layer: told without unpacking the places."""
        return bool(self._places[0])

    @cached_property
    def paths(self) -> list[tuple[bytes, bytes]]:
        """Directory, spelled with its slashes, and name of each path."""
        paths, directory = [], b""
        for part in self.text.split(b"\0")[:-1]:
            if part.endswith(b"/"):
                directory = part
            else:
                paths.append((directory, part[1:]))
        return paths

    @cached_property
    def _unpacked(self) -> tuple[list[tuple[int, ...]], list[int], list[int]]:
        numbers = unpack(zlib.decompress(self._places[1:], RAW))
        shapes, at = [], 1
        for _ in range(numbers[0]):
            end = at + 1 + numbers[at]
            shape, code = [], 0
            for step in numbers[at + 1 : end]:
                code += step
                shape.append(code)
            shapes.append(tuple(shape))
            at = end
        starts = at + self._count
        return shapes, numbers[at:starts], numbers[starts:]

    @property
    def _count(self) -> int:
        """How many paths there are: each ends with a NUL, and each directory with a slash and one."""
        return self.text.count(b"\0") - self.text.count(b"/\0")

    def layers(self, index: int) -> list[tuple[int, bool]]:
        """The layers that hold the path at ``index``: ordinal, and whether it is a whiteout there."""
        shapes, kinds, _ = self._unpacked
        return [(code >> 1, bool(code & 1)) for code in shapes[kinds[index]]]

    def places(self, index: int) -> Sequence[Place]:
        """What each layer has at the path at ``index``; only its directory's numbers are worked out."""
        shapes, kinds, _ = self._unpacked
        first, starts = self._directory_of(index)
        before: Counter[int] = Counter()
        for kind, count in Counter(kinds[first:index]).items():
            for code in shapes[kind]:
                before[code >> 1] += count
        return [
            Place(code >> 1, starts[code >> 1] + before[code >> 1], bool(code & 1))
            for code in shapes[kinds[index]]
        ]

    def _directory_of(self, index: int) -> tuple[int, dict[int, int]]:
        """Where the directory of a path begins in the block, and each layer's number there."""
        at = bisect_right(self._directories, index, key=itemgetter(0)) - 1
        return self._directories[at]

    @cached_property
    def _directories(self) -> list[tuple[int, dict[int, int]]]:
        shapes, kinds, numbers = self._unpacked
        left, expected, found = iter(numbers), dict[int, int](), []
        for first, end in self._spans():
            starts: dict[int, int] = {}
            counts: Counter[int] = Counter()
            for kind, count in Counter(kinds[first:end]).items():
                for code in shapes[kind]:
                    layer = code >> 1
                    if layer not in starts:
                        starts[layer] = expected.get(layer, 0) + unsigned(next(left))
                    counts[layer] += count
            for layer, start in starts.items():
                expected[layer] = start + counts[layer]
            found.append((first, starts))
        return found

    def _spans(self) -> Iterator[tuple[int, int]]:
        """From where to where the paths of each directory go."""
        first = count = 0
        for part in self.text.split(b"\0")[:-1]:
            if not part.endswith(b"/"):
                count += 1
            elif count > first:
                yield first, count
                first = count
        yield first, count

    def _numbered(self) -> Iterator[list[Place]]:
        shapes, kinds, starts = self._unpacked
        expected: dict[int, int] = {}
        begun: set[int] = set()
        left = iter(starts)
        before = None
        for (directory, _), kind in zip(self.paths, kinds, strict=True):
            if directory != before:
                before, begun = directory, set()
            places = []
            for code in shapes[kind]:
                layer = code >> 1
                if layer in begun:
                    number = expected[layer]
                else:
                    begun.add(layer)
                    number = expected.get(layer, 0) + unsigned(next(left))
                expected[layer] = number + 1
                places.append(Place(layer, number, bool(code & 1)))
            yield places

    def groups(self) -> Iterator[Group]:
        """Everything in it, by directory."""
        directory = b""
        items: list[Item] = []
        for (spelling, name), places in zip(self.paths, self._numbered(), strict=True):
            if spelling[1:-1] != directory and items:
                yield directory, items
                items = []
            directory = spelling[1:-1]
            items.append((name, places))
        if items:
            yield directory, items
