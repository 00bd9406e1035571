"""What a layer, or a run of layers, changed: A, C and D, in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from layers.models import Chain, Image
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import as_text, join
from layers.oci.unionfs.compare import differences
from layers.oci.unionfs.diff import Change, reason_words
from layers.queries.change_rows import added_entries, shown_changes, stored_changes
from layers.queries.merged_tree import MergedTrees, touched_directories, undisturbed, walking_order
from layers.queries.tree import NoSuchPath, lineage_of

INDEXES_KEPT = 4
ROWS_SORTED = 2000
"""Up to here a layer's rows are put in the order of their paths, a directory before what is in it."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One path that a layer changed."""

    kind: str
    """``A``, ``C`` or ``D``."""
    path: bytes
    reasons: tuple[str, ...]
    """Why it is C: words of ``Reason``."""
    silent: bool
    """The layer holds it, yet ``docker diff`` does not mention it."""
    entry: Entry | None
    lower: Entry | None

    @property
    def size(self) -> int:
        """Bytes there now; of what was deleted, for a D."""
        seen = self.entry or self.lower
        return seen.size if seen is not None else 0

    @property
    def delta(self) -> int:
        """Bytes by which the path grew."""
        return (self.entry.size if self.entry else 0) - (self.lower.size if self.lower else 0)

    @property
    def is_directory(self) -> bool:
        seen = self.entry or self.lower
        return seen is not None and seen.kind is Kind.DIRECTORY


class ChangePage(NamedTuple):
    """Some rows, and how many there are in all."""

    rows: list[ChangeRow]
    total: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are wanted, and in what order."""

    kinds: str = "ACD"
    text: str = ""
    min_size: int = 0
    sort: str = "path"
    """``size``: the largest first."""
    silent: bool = False
    """Also what ``docker diff`` is silent about."""

    @property
    def is_plain(self) -> bool:
        """Whether the rows can be taken in the order they are stored."""
        return not self.text and not self.min_size and self.sort == "path"

    def wants(self, row: ChangeRow) -> bool:
        return (
            row.kind in self.kinds
            and (self.silent or not row.silent)
            and row.size >= self.min_size
            and self.text.lower() in f"/{as_text(row.path)}".lower()
        )

    def ordered(self, rows: Sequence[ChangeRow]) -> list[ChangeRow]:
        if self.sort == "size":
            return sorted(rows, key=lambda row: (-row.size, row.path))
        return sorted(rows, key=lambda row: walking_order(row.path))


ALL: Final = Filter()


def chain_at(image: Image, position: int) -> Chain:
    """The chain whose top is the layer at ``position``. Raises ``NoSuchPath`` where there is none."""
    row = image.image_layers.select_related("chain__layer").filter(position=position).first()
    if row is None:
        raise NoSuchPath(f"The image has no layer {position}: they count from 0 at the bottom.")
    return row.chain


def changes(
    image: Image, position: int, wanted: Filter = ALL, *, offset: int = 0, limit: int | None = None
) -> ChangePage:
    """What one layer changed, by path; a large layer by directory first."""
    chain = chain_at(image, position)
    if wanted.is_plain and (total := _total(chain, wanted)) > ROWS_SORTED:
        found = shown_changes(chain, wanted.kinds, wanted.silent, offset, total if limit is None else limit)
        return ChangePage([change_row(change) for change in found], total)
    rows = wanted.ordered([row for row in _all_rows(chain.pk, chain.chain_id) if wanted.wants(row)])
    return ChangePage(_slice(rows, offset, limit), len(rows))


def _slice(rows: list[ChangeRow], offset: int, limit: int | None) -> list[ChangeRow]:
    return rows[offset:] if limit is None else rows[offset : offset + limit]


def _total(chain: Chain, wanted: Filter) -> int:
    counts = {"A": chain.added, "C": chain.changed, "D": chain.deleted}
    total = sum(count for kind, count in counts.items() if kind in wanted.kinds)
    return total + (chain.silent if wanted.silent and "C" in wanted.kinds else 0)


@lru_cache(INDEXES_KEPT)
def _all_rows(key: int, chain_id: str) -> tuple[ChangeRow, ...]:
    """Every row of a chain; a chain never changes, so they can be kept under its key and name."""
    chain = Chain.objects.select_related("layer").get(pk=key)
    found = added_entries(chain) if chain.parent_id is None else stored_changes(chain)
    return tuple(map(change_row, found))


def change_row(change: Change) -> ChangeRow:
    """A change, ready to be shown."""
    return ChangeRow(
        change.kind.letter,
        join(change.directory, change.name),
        reason_words(change.reasons),
        change.silent,
        change.entry,
        change.lower,
    )


def changes_between(
    image: Image, first: int, last: int, wanted: Filter = ALL, *, offset: int = 0, limit: int | None = None
) -> ChangePage:
    """What the layers ``first`` to ``last`` changed together, as if they were one step."""
    lineage_of(image, first)
    top = chain_at(image, last)
    found = _between(image, first, last, top.chain_id)
    rows = wanted.ordered([row for row in found if wanted.wants(row)])
    return ChangePage(_slice(rows, offset, limit), len(rows))


@lru_cache(INDEXES_KEPT)
def _between(image: Image, first: int, last: int, _chain_id: str) -> tuple[ChangeRow, ...]:
    """The differences between the tree below ``first`` and the tree at ``last``, which the chain ID names."""
    chains = Chain.objects.in_bulk(lineage_of(image, last)[first:])
    touched = touched_directories(chains.values())
    ahead = sorted(touched, key=walking_order)
    trees = MergedTrees((image, first - 1), (image, last), ahead)
    with undisturbed():
        found = differences(touched, trees.before, trees.after, rewritten=True)
        return tuple(map(change_row, found))
