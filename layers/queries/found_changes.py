"""What differs between two trees, kept as columns: a hundred bytes a row, however many there are."""

from array import array
from collections.abc import Mapping, Sequence
from typing import Final

from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import as_text, join
from layers.oci.unionfs.diff import Change, ChangeKind
from layers.oci.unionfs.mergedview import UPPER
from layers.queries.change_rows import entries_numbered
from layers.queries.merged_tree import walking_order

NO_ENTRY: Final = 0
"""Stands for a side that has none; entries are numbered from 1."""


class FoundChanges:
    """Changes by their place in the order in which they were found.

    There is no object for each: the garbage collector would visit them all, again and again, in the
    midst of other requests. Their entries are read again for those that are shown.
    """

    def __init__(self) -> None:
        self.directories: list[bytes] = []
        self.names: list[bytes] = []
        self.kinds = bytearray()
        """Of :class:`ChangeKind`."""
        self.reasons = array("H")
        self.silent = bytearray()
        self.is_directory = bytearray()
        self.sizes = array("q")
        """Bytes there now; of what was deleted, for a D. A directory's own are none of its content."""
        self._entries = array("q")
        self._lowers = array("q")
        self._of_uppers: dict[int, tuple[Entry | None, Entry | None]] = {}
        """Those of a container, which have no number to be read by."""

    def __len__(self) -> int:
        return len(self.names)

    def append(self, change: Change) -> None:
        """One more."""
        directory, name, kind, reasons, silent, entry, lower = change
        seen = entry or lower
        is_directory = seen is not None and seen.kind is Kind.DIRECTORY
        number = NO_ENTRY if entry is None else entry.number
        lower_number = NO_ENTRY if lower is None else lower.number
        if UPPER in (number, lower_number):
            self._of_uppers[len(self)] = entry, lower
        self.directories.append(directory)
        self.names.append(name)
        self.kinds.append(kind)
        self.reasons.append(reasons)
        self.silent.append(silent)
        self.is_directory.append(is_directory)
        self.sizes.append(0 if seen is None or is_directory else seen.size)
        self._entries.append(number)
        self._lowers.append(lower_number)

    def path(self, place: int) -> bytes:
        return join(self.directories[place], self.names[place])

    def text(self, place: int) -> str:
        """The path as it is filtered by."""
        return f"/{as_text(self.path(place))}".lower()

    def key(self, place: int) -> bytes:
        """What sorts paths as a walk meets them."""
        return walking_order(self.path(place))

    def changes(self, places: Sequence[int]) -> list[Change]:
        """The changes at these places, whole."""
        numbers = {column[place] for column in (self._entries, self._lowers) for place in places}
        entries = entries_numbered(sorted(number for number in numbers if number > NO_ENTRY))
        return [self._whole(place, entries) for place in places]

    def _whole(self, place: int, entries: Mapping[int, Entry]) -> Change:
        name, numbers = self.names[place], (self._entries[place], self._lowers[place])
        # A hard link to a lower layer has the number of what it links to, which has another name.
        again = (entry and entry._replace(name=name) for entry in map(entries.get, numbers))
        entry, lower = self._of_uppers.get(place) or again
        return Change(
            self.directories[place],
            name,
            ChangeKind(self.kinds[place]),
            self.reasons[place],
            bool(self.silent[place]),
            entry,
            lower,
        )
