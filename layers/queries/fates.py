"""What became of a layer's paths in the layers above it: many at once, with a few queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db import connection

from layers.models.extra import unpack_extra
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import split

PATHS_A_QUERY: Final = 400
DIRECTORIES: Final = (
    "SELECT path, chain_id, first_entry, entry_count, cut, gone FROM layers_directory"
    " WHERE path IN ({}) AND chain_id IN ({})"
)
NAMED: Final = "SELECT name, kind, extra FROM layers_fileentry WHERE id >= %s AND id < %s AND name IN ({})"


@dataclass(frozen=True, slots=True)
class Fate:
    """Whether the image still shows the version of a path that a layer holds."""

    hidden_position: int | None = None
    """The layer that hides it; None where it is seen."""
    was_deleted: bool = False
    """It was deleted there; else it was written anew."""

    @property
    def is_visible(self) -> bool:
        return self.hidden_position is None


class Row(NamedTuple):
    """A ``Directory`` row of one layer, and what it says of the names that are asked for."""

    position: int
    cut: bool
    gone: bool
    kinds: dict[bytes, int]


def fates_of(lineage: Sequence[int], asked: Collection[tuple[bytes, int]]) -> dict[tuple[bytes, int], Fate]:
    """The fate of each path of a layer, given with the layer's position."""
    names: dict[bytes, set[bytes]] = {}
    for path, _ in asked:
        directory, name = split(path)
        names.setdefault(directory, set()).add(name)
    rows = _rows(lineage, names)
    return {
        (path, position): _fate(rows.get(split(path)[0], []), split(path)[1], position)
        for path, position in asked
    }


def _fate(rows: list[Row], name: bytes, position: int) -> Fate:
    for row in rows:
        if row.position <= position:
            continue
        kind = None if row.gone else row.kinds.get(name)
        if kind is not None and kind != Kind.WHITEOUT:
            return Fate(row.position, False)
        if row.gone or row.cut or kind == Kind.WHITEOUT:
            return Fate(row.position, True)
    return Fate()


def _rows(lineage: Sequence[int], names: dict[bytes, set[bytes]]) -> dict[bytes, list[Row]]:
    """The rows of the directories in the chains of ``lineage``, the lowest layer first."""
    positions = {chain: position for position, chain in enumerate(lineage)}
    found: dict[bytes, list[Row]] = {}
    directories = list(names)
    for start in range(0, len(directories), PATHS_A_QUERY):
        some = directories[start : start + PATHS_A_QUERY]
        marks = ", ".join(["%s"] * len(some)), ", ".join(["%s"] * len(lineage))
        with connection.cursor() as cursor:
            cursor.execute(DIRECTORIES.format(*marks), [*some, *lineage])
            for raw, chain, first, count, cut, gone in cursor.fetchall():
                path = bytes(raw)
                kinds = _kinds(first, count, names[path])
                found.setdefault(path, []).append(Row(positions[chain], cut, gone, kinds))
    for rows in found.values():
        rows.sort(key=lambda row: row.position)
    return found


def _kinds(first: int, count: int, names: Collection[bytes]) -> dict[bytes, int]:
    """The types of those of ``names`` that a directory of a layer holds."""
    found: dict[bytes, int] = {}
    wanted = list(names) if count else []
    for start in range(0, len(wanted), PATHS_A_QUERY):
        some = wanted[start : start + PATHS_A_QUERY]
        with connection.cursor() as cursor:
            cursor.execute(NAMED.format(", ".join(["%s"] * len(some))), [first, first + count, *some])
            for name, kind, extra in cursor.fetchall():
                # A directory that no member names is as the layers below have it.
                if not (extra and (unpacked := unpack_extra(bytes(extra))) and unpacked.implicit):
                    found[bytes(name)] = kind
    return found
