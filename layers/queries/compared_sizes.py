"""The sizes of two sides: of layers, of what is stored for them, of the files; and directory by directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from layers.oci.changeset.entry import Kind
from layers.queries.container_tree import container_listing, container_lookup
from layers.queries.sides import Side, shared_layers
from layers.queries.tree import NoSuchPath, TreeRow, listing, lookup
from layers.queries.uppers import open_upper


class LayerSizes(NamedTuple):
    """What a layer weighs."""

    content_size: int
    stored_size: int
    """As it came, compressed or not."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What one side weighs; bytes."""

    layers: Sequence[LayerSizes]
    """From the bottom up, those that both have too."""
    shared: int
    """How many of them both have."""
    upper_size: int | None
    """Files in the upper of a container; None for an image."""
    tree_size: int
    """All files that can be seen."""
    path_count: int
    """All paths that can be seen."""

    @property
    def content_size(self) -> int:
        """The files of all layers, as docker gives an image's size; and of the upper."""
        return sum(row.content_size for row in self.layers) + (self.upper_size or 0)

    @property
    def own_size(self) -> int:
        """Of that, what the other side does not have."""
        own = self.layers[self.shared :]
        return sum(row.content_size for row in own) + (self.upper_size or 0)

    @property
    def shared_size(self) -> int:
        return self.content_size - self.own_size

    @property
    def stored_size(self) -> int:
        """The layers as they came, compressed or not."""
        return sum(row.stored_size for row in self.layers)

    @property
    def own_layers(self) -> Sequence[LayerSizes]:
        return self.layers[self.shared :]


@dataclass(frozen=True, slots=True)
class SizeRow:
    """A name in a directory of either side."""

    path: bytes
    a: TreeRow | None
    b: TreeRow | None

    @property
    def delta(self) -> int:
        """Bytes by which it grew from the one to the other."""
        return (self.b.subtree_size if self.b else 0) - (self.a.subtree_size if self.a else 0)

    @property
    def magnitude(self) -> int:
        return abs(self.delta)

    @property
    def differs(self) -> bool:
        """Whether bytes or the number of paths are not the same."""
        return weight(self.a) != weight(self.b)

    @property
    def is_directory(self) -> bool:
        """Whether either side can be opened."""
        return any(row is not None and row.entry.kind is Kind.DIRECTORY for row in (self.a, self.b))


def weight(row: TreeRow | None) -> tuple[int, int] | None:
    return None if row is None else (row.subtree_size, row.subtree_count)


def compare_sizes(a: Side, b: Side) -> tuple[Sizes, Sizes]:
    """What both weigh, and what of it they share."""
    shared = shared_layers(a, b)
    return sizes_of(a, shared), sizes_of(b, shared)


def sizes_of(side: Side, shared: int) -> Sizes:
    rows = side.image.image_layers.filter(position__lte=side.position).order_by("position")
    layers = [LayerSizes(*row) for row in rows.values_list("layer__content_size", "stored__blob__size")]
    root = root_of(side)
    upper = open_upper(side.container).size if side.container else None
    return Sizes(layers, shared, upper, root.subtree_size, root.subtree_count)


def root_of(side: Side) -> TreeRow:
    return container_lookup(side.container, b"") if side.container else lookup(side.image, side.position, b"")


def compare_directories(a: Side, b: Side, path: bytes) -> list[SizeRow]:
    """What the directory holds on either side, by how much it grew or shrank, then by name.

    Raises:
        NoSuchPath: neither has it.
    """
    found = [rows_by_path(side, path) for side in (a, b)]
    if found == [None, None]:
        raise NoSuchPath(f"Neither side has a directory /{path.decode(errors='replace')}.")
    before, after = found[0] or {}, found[1] or {}
    rows = [SizeRow(each, before.get(each), after.get(each)) for each in before.keys() | after.keys()]
    return sorted(rows, key=lambda row: (-abs(row.delta), row.path))


def rows_by_path(side: Side, path: bytes) -> dict[bytes, TreeRow] | None:
    """A directory's rows; None where it is none."""
    try:
        if side.container is not None:
            rows = container_listing(side.container, path)
        else:
            rows = listing(side.image, side.position, path)
    except (NoSuchPath, NotADirectoryError):
        return None
    return {row.path: row for row in rows}
