"""The ledger of bytes: what became of every byte that the layers of an image brought.

A byte is *live* where the merged tree shows it, *shadowed* where a later layer
put something else at its path, *deleted* where its path is gone. The three add
up to the content of the layers: bytes of files, each hard link group once, and
of symlinks' targets (``Layer.content_size``, as docker counts).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from layers.oci.changeset.entry import Kind
from layers.oci.changeset.header import BLOCK
from layers.oci.changeset.paths import join

VISIBLE: Final = -1
"""Stands where the number of a layer that hides would."""


class How(IntEnum):
    """What a later layer did to the bytes."""

    LIVE = 0
    OVERWRITTEN = 1
    """The path holds other content of the same type."""
    IDENTICAL = 2
    """The path holds the same content again: only metadata changed, or nothing."""
    RETYPED = 3
    """The path holds something of another type."""
    WHITEOUT = 4
    """The path was deleted."""
    DIRECTORY = 5
    """A directory above it was deleted."""
    OPAQUE = 6
    """A directory above it was made anew: an opaque mark."""
    REPLACED = 7
    """A directory above it became something that is no directory."""

    @property
    def is_deleted(self) -> bool:
        """Whether the path is gone."""
        return self >= How.WHITEOUT


class Item(NamedTuple):
    """Bytes that one layer brought at one path, and what became of them."""

    directory: bytes
    name: bytes
    size: int
    position: int
    """The layer that brought them."""
    hidden_by: int
    """The layer that hid them, of a hard link group the last of its names; ``VISIBLE`` for none."""
    how: How
    kind: Kind
    reasons: int
    """Bits of ``Reason``: what an identical rewrite changed beside the content."""
    cause: bytes | None
    """The directory whose end took the path along."""

    @property
    def path(self) -> bytes:
        return join(self.directory, self.name)

    @property
    def is_live(self) -> bool:
        return self.hidden_by == VISIBLE

    @property
    def end(self) -> bytes:
        """The topmost path that ended with it: itself, or the directory that took it along."""
        return self.path if self.cause is None else self.cause


class Duplicate(NamedTuple):
    """Content that the merged tree shows at several paths, a hard link group counted as one."""

    size: int
    """Of one copy."""
    items: tuple[Item, ...]

    @property
    def extra_size(self) -> int:
        """Bytes of all copies but one."""
        return self.size * (len(self.items) - 1)


@dataclass(frozen=True, slots=True)
class LayerAccount:
    """What became of the content of one layer, and of what it did to those below."""

    position: int
    live: int
    shadowed: int
    deleted: int
    identical: int
    """The part of ``shadowed`` that a later layer holds again, byte for byte."""
    hides_shadowed: int
    hides_deleted: int
    """Bytes of lower layers that this one hid."""
    link_size: int
    """Bytes of symlinks' targets: content, which a tar holds in its headers."""
    hole_size: int
    """Bytes of sparse files that no tar holds."""

    @property
    def content_size(self) -> int:
        return self.live + self.shadowed + self.deleted

    @property
    def wasted(self) -> int:
        return self.shadowed + self.deleted

    @property
    def hides(self) -> int:
        return self.hides_shadowed + self.hides_deleted

    def overhead(self, tar_size: int) -> int:
        """Bytes of its tar that are no content: headers, padding, PAX records, whiteouts, the end mark."""
        return tar_size - (self.content_size - self.link_size - self.hole_size)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account of a chain of layers."""

    items: Sequence[Item]
    """By directory, name and layer; only what has bytes."""
    layers: Sequence[LayerAccount]
    """From the bottom."""
    other_names: Mapping[Item, tuple[bytes, ...]]
    """The other paths of an item that is a hard link group."""
    duplicates: Sequence[Duplicate]
    """Most bytes to spare first."""
    frames: Mapping[tuple[int, int], int]
    """Bytes of headers and padding around a layer's entries, by the layer and the one that hid them."""

    @property
    def live(self) -> int:
        return sum(layer.live for layer in self.layers)

    @property
    def shadowed(self) -> int:
        return sum(layer.shadowed for layer in self.layers)

    @property
    def deleted(self) -> int:
        return sum(layer.deleted for layer in self.layers)

    @property
    def identical(self) -> int:
        return sum(layer.identical for layer in self.layers)

    @property
    def content_size(self) -> int:
        return sum(layer.content_size for layer in self.layers)

    @property
    def wasted(self) -> int:
        """Bytes that are shipped and never seen: what one layer in place of all would save."""
        return self.shadowed + self.deleted

    @property
    def efficiency(self) -> float:
        """The part of the content that is seen; 1 for none at all."""
        return self.live / self.content_size if self.content_size else 1.0

    @property
    def duplicate_size(self) -> int:
        """Bytes of further copies: the part of the live that is there already at another path."""
        return sum(group.extra_size for group in self.duplicates)

    def overhead(self, tar_sizes: Sequence[int]) -> int:
        """Bytes of all the tars that are no content."""
        return sum(layer.overhead(size) for layer, size in zip(self.layers, tar_sizes, strict=True))

    @property
    def user_wasted(self) -> float:
        """Wasted bytes over the content of all layers but the lowest, as dive's rule divides them."""
        above = sum(layer.content_size for layer in self.layers[1:])
        return self.wasted / above if above else 0.0


def padding(size: int) -> int:
    """Bytes that fill up the last block of so much content."""
    return -size % BLOCK
