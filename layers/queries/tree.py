"""The merged tree of an image at one of its layers: listed, looked up, walked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from layers.models import Image, Layer
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import as_text, clean, join, split
from layers.queries.directories import (
    DirectoryRow,
    all_directory_rows,
    directory_rows,
    merged,
    shining_through,
)

LINK_HOPS = 40
PATHS_A_QUERY = 400
ROOT = Entry(0, b"", Kind.DIRECTORY, 0o755, 0, 0, 0, 0, 0, None, None, None)


class NoSuchPath(LookupError):
    """Nothing is at that path in the merged tree."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One path of a merged tree."""

    path: bytes
    """Without a leading slash; the root is ``b""``."""
    entry: Entry
    position: int
    """The layer the entry came from."""
    subtree_size: int
    """Bytes of the files below a directory; of the file itself otherwise."""
    subtree_count: int
    """Paths below a directory; 1 otherwise."""

    @property
    def name(self) -> bytes:
        return split(self.path)[1]


def lineage_of(image: Image, position: int) -> list[int]:
    """The ids of the chains up to ``position``, bottom first. Raises ``NoSuchPath`` for no such layer."""
    lineage: list[int] = image.chain.lineage if image.chain is not None else []
    if not -1 <= position < max(len(lineage), 1):
        raise NoSuchPath(
            f"The image has {len(lineage)} layers, counted from 0: there is no layer {position}."
        )
    return lineage[: position + 1]


def layer_of(image: Image, position: int) -> Layer:
    """The layer at a position. Raises ``NoSuchPath`` where there is none."""
    row = image.image_layers.select_related("layer").filter(position=position).first()
    if row is None:
        raise NoSuchPath(f"The image has no layer {position}.")
    return row.layer


def listing(image: Image, position: int, path: bytes) -> list[TreeRow]:
    """What a directory holds, by name.

    Raises:
        NoSuchPath: nothing is there.
        NotADirectoryError: something else is.
    """
    lineage = lineage_of(image, position)
    found = sorted(merged(visible_rows(image, position, path)).items())
    totals = subtree_totals(
        lineage, [join(path, name) for name, (entry, _) in found if entry.kind is Kind.DIRECTORY]
    )
    return [
        tree_row(image, position, join(path, name), entry, origin, totals.get(join(path, name)))
        for name, (entry, origin) in found
    ]


def visible_rows(image: Image, position: int, path: bytes) -> list[DirectoryRow]:
    """The rows of a directory whose entries can be seen, newest first; raises like :func:`listing`."""
    rows = shining_through(directory_rows(lineage_of(image, position), path))
    if path and not rows:
        lookup(image, position, path)
        raise NotADirectoryError(f"/{as_text(path)} is no directory.")
    return rows


def lookup(image: Image, position: int, path: bytes, *, follow: bool = False) -> TreeRow:
    """The row at ``path``; with ``follow`` symlinks lead on, inside the image only.

    Raises:
        NoSuchPath: nothing is there, or a link leads nowhere or in circles.
    """
    lineage = lineage_of(image, position)
    if follow:
        path = _resolve(lineage, path)
    if not path:
        rows = shining_through(directory_rows(lineage, b""))
        size, count = (rows[0].size, rows[0].count) if rows else (0, 0)
        return TreeRow(b"", ROOT, 0, size, count)
    directory, name = split(path)
    found = merged(shining_through(directory_rows(lineage, directory))).get(name)
    if found is None:
        raise NoSuchPath(f"/{as_text(path)} does not exist in layer {position}'s tree.")
    entry, origin = found
    totals = subtree_totals(lineage, [path]) if entry.kind is Kind.DIRECTORY else {}
    return tree_row(image, position, path, entry, origin, totals.get(path))


def _resolve(lineage: Sequence[int], path: bytes) -> bytes:
    """``path`` with every symlink in it followed; what does not exist is left as it is."""
    todo = path.split(b"/")[::-1]
    here, hops = b"", 0
    read: dict[bytes, dict[bytes, tuple[Entry, int]]] = {}  # a chain of links stays in a few directories
    while todo:
        part = todo.pop()
        if part in (b"", b"."):
            continue
        if part == b"..":
            here = split(here)[0]
            continue
        if here not in read:
            read[here] = merged(shining_through(directory_rows(lineage, here)))
        found = read[here].get(part)
        if found is None or found[0].kind is not Kind.SYMLINK:
            here = join(here, part)
            continue
        hops += 1
        if hops > LINK_HOPS:
            raise NoSuchPath(f"/{as_text(path)} lies behind more than {LINK_HOPS} symlinks.")
        target = found[0].linkname or b""
        here = b"" if target.startswith(b"/") else here
        todo += target.split(b"/")[::-1]
    return here


def tree_row(
    image: Image, position: int, path: bytes, entry: Entry, origin: int, totals: tuple[int, int] | None
) -> TreeRow:
    """An entry and the layer it came from as a row, a directory with what is below it in all."""
    if entry.kind is Kind.DIRECTORY:
        size, count = totals or (0, 0)
        return TreeRow(path, entry, origin, size, count)
    if entry.kind is Kind.HARDLINK:
        entry, origin = _linked(image, position, entry, origin)
    return TreeRow(path, entry, origin, entry.size, 1)


def _linked(image: Image, position: int, entry: Entry, origin: int) -> tuple[Entry, int]:
    """A hard link to a path of a lower layer as what it links to; a broken one as it is."""
    try:
        target = lookup(image, position, clean(entry.linkname or b""))
    except (NoSuchPath, RecursionError):
        return entry, origin
    if target.entry.kind is Kind.DIRECTORY:
        return entry, origin
    return target.entry._replace(name=entry.name), target.position


def subtree_totals(lineage: Sequence[int], paths: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
    """Bytes and paths below each directory: those of its newest row."""
    newest: dict[bytes, tuple[int, int, int]] = {}
    order = {chain: position for position, chain in enumerate(lineage)}
    for start in range(0, len(paths), PATHS_A_QUERY):
        some = paths[start : start + PATHS_A_QUERY]
        marks, chains = ", ".join(["%s"] * len(some)), ", ".join(["%s"] * len(lineage))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT path, chain_id, subtree_size, subtree_count FROM layers_directory"
                f" WHERE path IN ({marks}) AND chain_id IN ({chains})",
                [*some, *lineage],
            )
            for path, chain, size, count in cursor.fetchall():
                row = (order[chain], size, count)
                newest[bytes(path)] = max(newest.get(bytes(path), (-1, 0, 0)), row)
    return {path: (size, count) for path, (_, size, count) in newest.items()}


def walk(image: Image, position: int, path: bytes = b"") -> Iterator[TreeRow]:
    """Everything below a directory, depth first, by name; raises like :func:`listing`."""
    if path:
        listing(image, position, path)
    rows = all_directory_rows(lineage_of(image, position), path)
    yield from _walk(image, position, path, rows)


def _walk(
    image: Image, position: int, path: bytes, rows: dict[bytes, list[DirectoryRow]]
) -> Iterator[TreeRow]:
    todo: list[Iterator[TreeRow]] = [_listed(image, position, path, rows)]
    while todo:
        row = next(todo[-1], None)
        if row is None:
            todo.pop()
            continue
        yield row
        if row.entry.kind is Kind.DIRECTORY:
            todo.append(_listed(image, position, row.path, rows))


def _listed(
    image: Image, position: int, path: bytes, rows: dict[bytes, list[DirectoryRow]]
) -> Iterator[TreeRow]:
    """One directory's rows, from directory rows that are fetched already."""
    for name, (entry, origin) in sorted(merged(shining_through(rows.get(path, []))).items()):
        below = rows.get(join(path, name), [])
        totals = (below[0].size, below[0].count) if below else None
        yield tree_row(image, position, join(path, name), entry, origin, totals)
