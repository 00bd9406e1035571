"""The life of a path: every version of it that a layer holds, the hidden and deleted ones too."""

from dataclasses import dataclass, replace

from layers.models import Image
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import split
from layers.oci.unionfs.diff import Reason, compare
from layers.queries.directories import DirectoryRow, directory_rows, entries_between
from layers.queries.tree import lineage_of


@dataclass(frozen=True, slots=True)
class Version:
    """What a layer did to the path."""

    position: int
    kind: str
    """``A``, ``C`` or ``D``."""
    reasons: tuple[str, ...]
    silent: bool
    """``docker diff`` would not have mentioned it."""
    entry: Entry | None
    """None for a deletion."""
    visible: bool
    """This is the version that the image shows."""


def versions(image: Image, path: bytes) -> list[Version]:
    """What each layer did to a path, oldest first; nothing for a path that never was."""
    directory, name = split(path)
    found: list[Version] = []
    current: Entry | None = None
    for row in sorted(directory_rows(lineage_of(image, _top(image)), directory)):
        event = _event(row, name, current)
        if event is not None:
            found.append(event)
            current = event.entry
    if current is not None:
        found[-1] = replace(found[-1], visible=True)
    return found


def _top(image: Image) -> int:
    return image.chain.depth if image.chain is not None else -1


def _event(row: DirectoryRow, name: bytes, current: Entry | None) -> Version | None:
    """What one layer's directory says of the name."""
    entry = None if row.gone else _entry(row, name)
    if entry is not None and entry.kind is not Kind.WHITEOUT:
        if current is None:
            return Version(row.position, "A", (), False, entry, False)
        reasons, visible = compare(current, entry)
        return Version(row.position, "C", Reason(reasons).words, not visible, entry, False)
    if current is not None and (row.gone or row.cut or entry is not None):
        return Version(row.position, "D", (), False, None, False)
    return None


def _entry(row: DirectoryRow, name: bytes) -> Entry | None:
    entries = entries_between(row.first_entry, row.first_entry + row.entry_count)
    return next((entry for entry in entries if entry.name == name), None)
