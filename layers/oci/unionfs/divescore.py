"""The efficiency that dive prints, worked out dive's way: to be compared with, not to be believed.

dive (github.com/wagoodman/dive, ``filetree/efficiency.go``) looks at the leaves
of each layer's tree alone. A path that two or more layers have counts with all
of its bytes, the copy that stays among them. Deleting a file counts as a second
occurrence with no bytes, deleting a directory as one with the bytes below it; the
files themselves were met once each, so a deleted directory wastes nothing. An
opaque mark is no leaf at all. A whiteout for what is not there ends dive's walk of
that layer in silence. The file of a hard link group counts, the links do not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from layers.oci.changeset import whiteout
from layers.oci.changeset.paths import join

HEADLESS: Final = b".wh..wh.."
"""What begins so never gets into dive's tree."""


class Header(NamedTuple):
    """What dive keeps of a tar header."""

    path: bytes
    """Clean; a whiteout under its own name."""
    size: int
    """0 for links and directories."""
    is_directory: bool


class DiveFile(NamedTuple):
    """A path that dive lists as inefficient."""

    path: bytes
    layers: int
    """How many have it, or delete it."""
    size: int
    """Of all of them together."""


@dataclass(frozen=True, slots=True)
class DiveScore:
    """What ``dive --ci`` prints, and its ``--json`` says."""

    efficiency: float
    wasted: int
    size: int
    user_size: int
    """Without the lowest layer."""
    files: tuple[DiveFile, ...]
    """Largest first."""

    @property
    def user_wasted(self) -> float:
        """Wasted bytes over those above the lowest layer."""
        if self.user_size:
            return self.wasted / self.user_size
        return inf if self.wasted else 0.0


class Node:
    """A path in a tree of dive's."""

    __slots__ = ("children", "is_directory", "size")

    def __init__(self) -> None:
        self.children: dict[bytes, Node] = {}
        self.size = 0
        self.is_directory = False

    def child(self, name: bytes) -> "Node":
        """The child of that name, made if it is not there: a directory without a header is none to dive."""
        if name not in self.children:
            self.children[name] = Node()
        return self.children[name]

    def find(self, path: bytes) -> "Node | None":
        node: Node | None = self
        for name in path.split(b"/") if path else ():
            node = node.children.get(name) if node else None
        return node

    def total(self) -> int:
        """Bytes at and below it."""
        todo, size = [self], 0
        while todo:
            node = todo.pop()
            size += node.size
            todo += node.children.values()
        return size


class Seen:
    """How often dive met a path, and with how many bytes."""

    __slots__ = ("count", "least", "size")

    def __init__(self) -> None:
        self.count = self.size = 0
        self.least = -1

    def add(self, size: int | None) -> None:
        """Once more; of what dive could not find, dive notes the path alone, at -1 bytes."""
        if size is None:
            return
        self.count += 1
        self.size += size
        self.least = size if self.least < 0 else min(self.least, size)


def dive_score(layers: Iterable[Iterable[Header]]) -> DiveScore:
    """The score of an image whose layers, from the bottom, hold these headers."""
    stacked: Node | None = None
    seen: dict[bytes, Seen] = {}
    sizes: list[int] = []
    for headers in layers:
        tree, size = _tree(headers)
        sizes.append(size)
        if stacked is None:
            stacked = _stacked(Node(), tree, verbatim=True)
        for path, leaf in _leaves(tree, stacked):
            seen.setdefault(path, Seen()).add(leaf)
        _stacked(stacked, tree)
    found, least = sum(each.size for each in seen.values()), sum(each.least for each in seen.values())
    files = [DiveFile(path, each.count, each.size) for path, each in seen.items() if each.count > 1]
    return DiveScore(
        efficiency=least / found if found else 1.0,
        wasted=sum(file.size for file in files),
        size=sum(sizes),
        user_size=sum(sizes[1:]),
        files=tuple(sorted(files, key=lambda file: (-file.size, file.path))),
    )


def _tree(headers: Iterable[Header]) -> tuple[Node, int]:
    """One layer as a tree, and the bytes of all its headers."""
    root, size = Node(), 0
    for header in headers:
        node: Node | None = root
        for name in header.path.split(b"/"):
            if node is None or (name not in node.children and name.startswith(HEADLESS)):
                node = None
                break
            node = node.child(name)
        size += header.size
        if node is not None:
            node.size, node.is_directory = header.size, header.is_directory
    return root, size


def _leaves(tree: Node, below: Node) -> Iterator[tuple[bytes, int | None]]:
    """The leaves in dive's order, each with the bytes that dive gives it.

    A whiteout for what is not there has none and is the last: there dive's walk ends.
    """
    todo = [(b"", b"", tree)]
    while todo:
        directory, name, node = todo.pop()
        path = join(directory, name)
        todo += [(path, child, node.children[child]) for child in sorted(node.children, reverse=True)]
        if node.children or node is tree:
            continue
        if not name.startswith(whiteout.PREFIX):
            yield path, node.size
            continue
        path = join(directory, whiteout.hidden_name(name))
        hidden = below.find(path)
        if hidden is None:
            yield path, None
            return
        yield path, hidden.total() if hidden.is_directory else 0


def _stacked(lower: Node, upper: Node, *, verbatim: bool = False) -> Node:
    """``lower`` with ``upper`` upon it, as dive stacks: opaque marks and changed types mean nothing.

    With ``verbatim`` whiteouts are copied for what they are.
    """
    todo = [(lower, upper)]
    while todo:
        below, above = todo.pop()
        for name in sorted(above.children):
            node = above.children[name]
            is_mark = name.startswith(whiteout.PREFIX) and not verbatim
            if is_mark:
                below.children.pop(whiteout.hidden_name(name), None)
            if not is_mark or node.children:
                own = below.child(name)
                todo.append((own, node))
            if not is_mark:
                own.size, own.is_directory = node.size, node.is_directory
    return lower
