"""The files of a layer that tell of packages: found by its rows, read from its tar in one pass."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext_noop as _

from layers.models import Chain
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join, split
from layers.oci.errors import OCIError
from layers.oci.limits import MIB
from layers.oci.packages.databases import Database, database_at, is_program
from layers.oci.packages.elf import MAGIC
from layers.oci.packages.package import Package
from layers.oci.packages.programs import read_program
from layers.queries.files import ContentMissing, EntryReader, entry_reader
from layers.queries.forward import LayerReader
from layers.queries.layer_rows import layer_entries, touched_directories

MOST_DATABASES: Final = 20_000
MOST_PROGRAMS: Final = 5_000
"""Of one layer; that more were left out is said."""
WHOLE_PROGRAM: Final = 48 * MIB
"""Up to here a program is read at once, which is quicker than to and fro in what is compressed."""


class PackageFiles:
    """What the top layer of a chain does to the files that tell of packages."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._touched = {row.path: row for row in touched_directories(chain)}
        self._programs: dict[bytes | None, list[Package]] = {}
        self.notes: list[tuple[bytes, str]] = []
        """Files that were not read, and why."""

    def changed(self, known: Iterable[Package]) -> dict[bytes, list[Package]]:
        """The packages that each file tells of which the layer brought or took away.

        ``known`` are the packages of the tree below.
        """
        known_paths = {package.path for package in known}
        entries = dict(self._entries(known_paths))
        found: dict[bytes, list[Package]] = {
            path: [] for path in known_paths if self._is_gone(path, entries.get(path))
        }
        found.update(self._read([pair for pair in entries.items() if pair[1].kind is Kind.FILE]))
        return found

    def _is_gone(self, path: bytes, here: Entry | None) -> bool:
        """Whether what the tree below had at ``path`` shows no more."""
        row = self._touched.get(split(path)[0])
        return row is not None and (row.gone or row.cut or here is not None)

    def _entries(self, known_paths: set[bytes]) -> Iterator[tuple[bytes, Entry]]:
        """The layer's entries that may tell of packages, or stand where something did."""
        names = {split(path)[1] for path in known_paths}
        counts = {"database": 0, "program": 0}
        for directory, entry in layer_entries(self._chain):
            if entry.name in names and join(directory, entry.name) in known_paths:
                yield join(directory, entry.name), entry
            elif entry.kind is Kind.FILE and (what := _worth(directory, entry)):
                counts[what] += 1
                if counts[what] <= (MOST_DATABASES if what == "database" else MOST_PROGRAMS):
                    yield join(directory, entry.name), entry
        if counts["database"] > MOST_DATABASES:
            self.notes.append((b"", _("The layer has more files about packages than are read.")))
        if counts["program"] > MOST_PROGRAMS:
            self.notes.append((b"", _("The layer has more programs than are looked into.")))

    def _read(self, wanted: Sequence[tuple[bytes, Entry]]) -> Iterator[tuple[bytes, list[Package]]]:
        """The packages of the files, in the order in which they lie in the tar."""
        if not wanted:
            return
        try:
            layer = LayerReader(self._chain.layer)
        except ContentMissing:
            self.notes.append((b"", _("The content of the layer is not in the blob store.")))
            return
        for path, entry in sorted(wanted, key=lambda pair: pair[1].offset):
            yield path, self._packages(path, entry, entry_reader(entry, layer.read_range))

    def _packages(self, path: bytes, entry: Entry, reader: EntryReader) -> list[Package]:
        """What one file tells; where it cannot be read that is noted."""
        kind = database_at(*split(path))
        try:
            if kind is None:
                return self._of_program(path, entry, reader)
            return list(self._of_database(kind, path, reader))
        except (OCIError, ContentMissing) as error:
            self.notes.append((path, f"This could not be read: {error}."))
            return []

    def _of_database(self, kind: Database, path: bytes, reader: EntryReader) -> Iterator[Package]:
        if kind.read is None:
            if reader.size:
                self.notes.append((path, f"This is {kind.what}, which is not read."))
        elif reader.size > kind.largest:
            self.notes.append((path, _("The file is larger than what is read of its kind.")))
        else:
            yield from kind.read(reader.read(0, reader.size), path)

    def _of_program(self, path: bytes, entry: Entry, reader: EntryReader) -> list[Package]:
        """The same program is looked into once, however many names it has."""
        if entry.sha256 not in self._programs:
            self._programs[entry.sha256] = list(read_program(program_reader(reader), path))
        return [replace(package, path=path) for package in self._programs[entry.sha256]]


def _worth(directory: bytes, entry: Entry) -> str:
    """``database`` or ``program`` for what may tell of packages, else nothing."""
    if database_at(directory, entry.name):
        return "database"
    return "program" if is_program(entry.mode, entry.size) else ""


def program_reader(reader: EntryReader) -> Callable[[int, int], bytes]:
    """Reads a file in any order: whole if it is a program of usual size."""
    head = reader.read(0, 64)
    if not head.startswith(MAGIC):
        return lambda offset, size: head[offset : offset + size]
    if reader.size > WHOLE_PROGRAM:
        return reader.read
    data = reader.read(0, reader.size)
    return lambda offset, size: data[offset : offset + size]
