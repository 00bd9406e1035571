"""The merged tree of a container: its upper over its image, listed, looked up, walked."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from operator import itemgetter

from layers.models import Container, Image
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import as_text, join
from layers.oci.unionfs.mergedview import UPPER
from layers.oci.unionfs.tree import weight
from layers.oci.unionfs.upper import Upper
from layers.queries.tree import ROOT, NoSuchPath, TreeRow, subtree_totals
from layers.queries.uppers import open_upper

Totals = tuple[int, int]


class Origins:
    """Which layer an entry came from, told by its number; the container's own come from the next one."""

    def __init__(self, image: Image) -> None:
        rows = image.image_layers.order_by("position").values_list("layer__first_entry", "position")
        self._ranges = sorted(dict(rows).items())
        self.upper = 1 + max(map(itemgetter(1), self._ranges), default=-1)

    def of(self, entry: Entry) -> int:
        """The position of the layer; the topmost, where an image has the layer twice."""
        at = bisect_right(self._ranges, entry.number, key=itemgetter(0)) - 1
        return self.upper if entry.number == UPPER else self._ranges[at][1] if at >= 0 else 0


def container_listing(container: Container, path: bytes) -> list[TreeRow]:
    """What a directory of the container holds, by name.

    What the upper holds has the position of the layer that a commit would add.

    Raises:
        NoSuchPath: nothing is there.
        NotADirectoryError: something else is.
    """
    upper, origins = open_upper(container), Origins(container.image)
    children = upper.children(path)
    if children is None:
        container_lookup(container, path)
        raise NotADirectoryError(f"/{as_text(path)} is no directory.")
    directories = [join(path, name) for name, entry in children.items() if entry.kind is Kind.DIRECTORY]
    totals = merged_totals(container.image, upper, directories)
    return [_row(origins, join(path, name), entry, totals) for name, entry in sorted(children.items())]


def container_lookup(container: Container, path: bytes, *, follow: bool = False) -> TreeRow:
    """The row at ``path``; with ``follow`` symlinks lead on, inside the container only.

    Raises:
        NoSuchPath: nothing is there.
        EditRefused: a symlink leads in circles.
    """
    upper = open_upper(container)
    if follow:
        path = upper.real(path, follow=True)
    entry = upper.at(path) if path else ROOT
    if entry is None:
        raise NoSuchPath(f"/{as_text(path)} does not exist in {container.name}.")
    totals = merged_totals(container.image, upper, [path]) if entry.kind is Kind.DIRECTORY else {}
    return _row(Origins(container.image), path, entry, totals)


def container_walk(container: Container, path: bytes = b"") -> Iterator[TreeRow]:
    """Everything below a directory, depth first, by name; the rows of directories have no totals."""
    upper, origins = open_upper(container), Origins(container.image)
    if not upper.is_directory(path):
        container_listing(container, path)
    todo = _sorted_rows(upper, origins, path)
    while todo:
        row = todo.pop()
        yield row
        if row.entry.kind is Kind.DIRECTORY:
            todo += _sorted_rows(upper, origins, row.path)


def _sorted_rows(upper: Upper, origins: Origins, path: bytes) -> list[TreeRow]:
    """The rows of a directory, the first name last."""
    children = sorted((upper.children(path) or {}).items(), reverse=True)
    return [_row(origins, join(path, name), entry, {}) for name, entry in children]


def _row(origins: Origins, path: bytes, entry: Entry, totals: Mapping[bytes, Totals]) -> TreeRow:
    size, count = totals.get(path, (0, 0)) if entry.kind is Kind.DIRECTORY else (entry.size, 1)
    return TreeRow(path, entry, origins.of(entry), size, count)


def merged_totals(image: Image, upper: Upper, directories: list[bytes]) -> dict[bytes, Totals]:
    """Bytes of files, and paths, below each directory: those of the image, as the upper changes them."""
    touched = {path for path in directories if not path or upper.own(path) is not None}
    below = {own.path for path in touched for own in upper.below(path)}
    lineage = image.chain.lineage if image.chain is not None else []
    totals = subtree_totals(lineage, sorted(below.union(directories))) if lineage else {}
    return {path: _total(upper, path, path in touched, totals) for path in directories}


def _total(upper: Upper, path: bytes, is_touched: bool, totals: Mapping[bytes, Totals]) -> Totals:
    """The image's totals, less what the upper replaces, plus what it brings."""
    size, count = (0, 0) if upper.hides(path) else totals.get(path, (0, 0))
    counted = {0}
    for own in upper.below(path) if is_touched else ():
        image = upper.showing(own.path)
        if image is not None:
            size, count = size - weight(image), count - 1
            if image.kind is Kind.DIRECTORY and (own.opaque or own.kind is not Kind.DIRECTORY):
                lost_size, lost_count = totals.get(own.path, (0, 0))
                size, count = size - lost_size, count - lost_count
        if own.kind is not Kind.WHITEOUT:
            count += 1
            size += own.size if own.group not in counted or not own.group else 0
            counted.add(own.group)
    return size, count
