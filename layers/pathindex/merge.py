"""Several sorted streams of paths as one."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter

from layers.pathindex.block import Group, Item, Place

Merged = tuple[bytes, list[Item], list[tuple[int, list[int]]]]
"""A directory, its names, and for each stream that has it: its number, and where in the names its own are."""


def merged(streams: Sequence[Iterable[Group]]) -> Iterator[Merged]:
    """The paths of all streams; a name that several have is one, with the places of all.

    Places already count layers in the numbering of the result.
    """
    tagged = [_tagged(number, stream) for number, stream in enumerate(streams)]
    for directory, parts in groupby(merge(*tagged, key=itemgetter(0)), key=itemgetter(0)):
        yield _merged(directory, _joined(parts))


def _tagged(number: int, stream: Iterable[Group]) -> Iterator[tuple[bytes, int, Sequence[Item]]]:
    for directory, items in stream:
        yield directory, number, items


def _joined(parts: Iterable[tuple[bytes, int, Sequence[Item]]]) -> dict[int, list[Item]]:
    """The names by stream: a stream may hand out one directory in several groups."""
    found: dict[int, list[Item]] = {}
    for _, number, items in parts:
        found.setdefault(number, []).extend(items)
    return found


def _merged(directory: bytes, parts: dict[int, list[Item]]) -> Merged:
    if len(parts) == 1:
        ((number, items),) = parts.items()
        return directory, items, [(number, list(range(len(items))))]
    names: dict[bytes, list[Place]] = {}
    for items in parts.values():
        for name, places in items:
            names.setdefault(name, []).extend(places)
    ordered = sorted(names)
    where = {name: at for at, name in enumerate(ordered)}
    found: list[Item] = [(name, sorted(names[name])) for name in ordered]
    return directory, found, [(number, [where[name] for name, _ in items]) for number, items in parts.items()]
