"""The changes of a layer as a tree, a directory at a time."""

from dataclasses import dataclass

from layers.models import Directory, Image
from layers.queries.change_rows import changes_in
from layers.queries.changes import ChangeRow, chain_at, change_row

PATHS_A_QUERY = 400


@dataclass(frozen=True, slots=True)
class ChangeTreeRow:
    """One changed path, with what changed below it."""

    path: bytes
    row: ChangeRow
    is_directory: bool
    added: int
    changed: int
    deleted: int

    @property
    def has_children(self) -> bool:
        """Whether anything is told below it."""
        return self.added + self.changed + self.deleted > 0


def change_tree(
    image: Image, position: int, path: bytes, *, kinds: str = "ACD", silent: bool = False
) -> list[ChangeTreeRow]:
    """The changed paths directly in a directory, by name; a directory that leads to one stays in."""
    chain = chain_at(image, position)
    directory = Directory.objects.filter(chain=chain, path=path, gone=False).first()
    if directory is None:
        return []
    rows = [change_row(change) for change in changes_in(chain, directory) if silent or not change.silent]
    below = _below(chain.pk, [row.path for row in rows if row.is_directory and row.kind != "D"])
    found = []
    for row in rows:
        added, changed, deleted = below.get(row.path, (0, 0, 0))
        counts = {"A": added, "C": changed, "D": deleted}
        if row.kind in kinds or any(counts[kind] for kind in kinds):
            found.append(ChangeTreeRow(row.path, row, row.is_directory, added, changed, deleted))
    return found


def _below(chain: int, paths: list[bytes]) -> dict[bytes, tuple[int, int, int]]:
    """How many A, C and D are below each directory."""
    found: dict[bytes, tuple[int, int, int]] = {}
    for start in range(0, len(paths), PATHS_A_QUERY):
        rows = Directory.objects.filter(
            chain=chain, path__in=paths[start : start + PATHS_A_QUERY], gone=False
        )
        for path, *counts in rows.values_list("path", "added", "changed", "deleted"):
            found[path] = (counts[0], counts[1], counts[2])
    return found
