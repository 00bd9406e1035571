"""Where the bytes of a ledger are: summed up by directory, ready to be opened one by one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from layers.oci.changeset.paths import split
from layers.oci.unionfs.ledger import VISIBLE, How, Item


class Sums(NamedTuple):
    """Bytes by what became of them, and how many items they are of."""

    live: int = 0
    shadowed: int = 0
    deleted: int = 0
    files: int = 0

    @property
    def hidden(self) -> int:
        return self.shadowed + self.deleted

    @property
    def size(self) -> int:
        return self.live + self.shadowed + self.deleted


class Share(NamedTuple):
    """A directory, or all that layers brought at one path that is none."""

    path: bytes
    is_directory: bool
    sums: Sums
    items: Sequence[Item]
    """Of a path that is no directory, from the lowest layer up."""

    @property
    def name(self) -> bytes:
        return split(self.path)[1]


@dataclass(frozen=True, slots=True)
class SpaceTree:
    """Items as a tree of directories, each with what lies at and below it."""

    items: Sequence[Item]
    """By directory, then name, then layer."""
    sums: Mapping[bytes, Sums]
    ranges: Mapping[bytes, tuple[int, int]]
    """Where the items directly in a directory stand."""
    inner: Mapping[bytes, Sequence[bytes]]
    """The directories in each."""

    @classmethod
    def of(cls, items: Sequence[Item]) -> "SpaceTree":
        """The tree of some items of a ledger, which come in its order."""
        ranges: dict[bytes, tuple[int, int]] = {}
        own: dict[bytes, Sums] = {}
        start = 0
        for path, group in groupby(items, attrgetter("directory")):
            own[path] = total(group)
            ranges[path] = start, start + own[path].files
            start += own[path].files
        inner = _inner(ranges)
        for path in sorted(inner, reverse=True):
            below = [own[child] for child in inner[path]]
            own[path] = Sums(*map(sum, zip(own.get(path, Sums()), *below, strict=True)))
        return cls(items, own, ranges, inner)

    def shares(self, path: bytes) -> list[Share]:
        """What a directory holds, most bytes first."""
        found = [Share(child, True, self.sums[child], ()) for child in self.inner.get(path, ())]
        start, end = self.ranges.get(path, (0, 0))
        for _, group in groupby(self.items[start:end], attrgetter("name")):
            items = tuple(group)
            found.append(Share(items[0].path, False, total(items), items))
        return sorted(found, key=lambda share: (-share.sums.size, share.path))

    def total(self, path: bytes = b"") -> Sums:
        """What lies at and below a directory."""
        return self.sums.get(path, Sums())


def total(items: Iterable[Item]) -> Sums:
    """The bytes of items."""
    live = shadowed = deleted = files = 0
    for _, _, size, _, hidden_by, how, *_ in items:
        files += 1
        if hidden_by == VISIBLE:
            live += size
        elif how >= How.WHITEOUT:
            deleted += size
        else:
            shadowed += size
    return Sums(live, shadowed, deleted, files)


def _inner(paths: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Each directory at or above the paths, with those directly in it."""
    inner: dict[bytes, list[bytes]] = {b"": []}
    for path in paths:
        new = []
        while path not in inner:
            inner[path] = []
            new.append(path)
            path = split(path)[0]
        for child in new:
            inner[split(child)[0]].append(child)
    return inner
