"""The search of one layer: its rows for modes and names, its texts for secrets and certificates."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_noop as _

from layers.models import Chain, Finding
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import join
from layers.oci.errors import OCIError
from layers.oci.findings.certificates import read_certificates
from layers.oci.findings.places import holds_text, is_settings
from layers.oci.findings.windows import find_in_pieces
from layers.oci.limits import MIB
from layers.operations.found_certificates import CertificateFile, certificate_findings
from layers.queries.files import ContentMissing, EntryReader, entry_reader
from layers.queries.findings import CREDENTIALS, SETUID, WRITABLE
from layers.queries.forward import LayerReader
from layers.queries.hygiene_rules import names_a_secret
from layers.queries.layer_rows import layer_entries

WINDOW_SIZE: Final = MIB
"""Bytes of a file that are searched at a time."""
HEAD_SIZE: Final = 8192
"""Bytes in which a file without text has a NUL."""
MOST_FILES: Final = 200_000
MOST_BYTES: Final = 2048 * MIB
"""Of one layer."""
MOST_CONTENTS: Final = 500_000
"""Contents that are remembered as searched."""
SET_BITS, STICKY, OTHERS_WRITE = 0o6000, 0o1000, 0o0002
CERTIFICATE_WORDS: Final = (b"CERTIFICATE-----",)
CERTIFICATE_NAMES: Final = (b".der", b".crt", b".cer")
PACKED: Final = _("Files that hold no text, by their names or first bytes")
LARGE: Final = _("Files of which only the beginning was searched, for they are larger than finding_size")
MANY: Final = _("Files that were left out, for the layer has more than are searched")
UNREADABLE: Final = _("Files that could not be read any more")


class LayerSearch:
    """Goes through the top layer of a chain once."""

    def __init__(self, chain: Chain, searched: dict[tuple[bytes, bool], bool]) -> None:
        self._chain = chain
        self._searched = searched
        self.file_count = 0
        self.byte_count = 0
        self.notes: Counter[str] = Counter()
        """What was not searched, and how many files that is."""

    def findings(self) -> Iterator[Finding]:
        """All of them, unsaved."""
        texts: list[tuple[bytes, Entry]] = []
        named: list[tuple[bytes, Entry]] = []
        for directory, entry in layer_entries(self._chain):
            path = join(directory, entry.name)
            yield from self._of_mode(path, entry)
            if entry.kind is not Kind.FILE or not entry.size:
                continue
            if names_a_secret(path):
                named.append((path, entry))
            if holds_text(path):
                texts.append((path, entry))
            else:
                self.notes[PACKED] += 1
        told: set[bytes] = set()
        for finding in self._of_texts(texts):
            told.add(finding.path)
            yield finding
        for path, entry in named:
            if path not in told:
                yield self._finding(CREDENTIALS, "name", path, entry)

    def _of_mode(self, path: bytes, entry: Entry) -> Iterator[Finding]:
        """Programs that run as somebody else, and what everybody may change."""
        detail = {"mode": f"{entry.mode:04o}", "uid": entry.uid, "gid": entry.gid}
        if entry.kind is Kind.FILE and entry.mode & SET_BITS:
            yield self._finding(SETUID, "mode", path, entry, detail=detail)
        is_sticky = entry.kind is Kind.DIRECTORY and entry.mode & STICKY
        if entry.kind in (Kind.FILE, Kind.DIRECTORY) and entry.mode & OTHERS_WRITE and not is_sticky:
            yield self._finding(WRITABLE, "mode", path, entry, detail=detail | {"type": entry.kind.word})

    def _finding(self, kind: str, rule: str, path: bytes, entry: Entry, **fields: object) -> Finding:
        return Finding(chain=self._chain, kind=kind, rule=rule, path=path, entry_id=entry.number, **fields)

    def _of_texts(self, texts: list[tuple[bytes, Entry]]) -> Iterator[Finding]:
        """What the contents hold, in the order in which they lie in the tar."""
        texts.sort(key=lambda pair: pair[1].offset)
        try:
            layer = LayerReader(self._chain.layer) if texts else None
        except ContentMissing:
            self.notes[UNREADABLE] += len(texts)
            return
        certificates: list[CertificateFile] = []
        for at, (path, entry) in enumerate(texts):
            if self.file_count >= MOST_FILES or self.byte_count >= MOST_BYTES:
                self.notes[MANY] += len(texts) - at
                break
            assert layer is not None
            reader = entry_reader(entry, layer.read_range)
            head = self._head(path, entry, reader)
            if head:
                yield from self._of_text(path, entry, self._pieces(head, reader))
                certificates += self._certificates(path, entry, head)
        yield from certificate_findings(self._chain, certificates)

    def _head(self, path: bytes, entry: Entry, reader: EntryReader) -> bytes:
        """The first bytes to search; none of a content that was searched and holds nothing, or is no text."""
        key = (entry.sha256 or b"", is_settings(path))
        if self._searched.get(key) is False:
            return b""
        try:
            data = reader.read(0, HEAD_SIZE)
            is_der = path.endswith(CERTIFICATE_NAMES) and data.startswith(b"\x30")
            if b"\0" in data and not is_der:
                self.notes[PACKED] += 1
                return b""
            data += reader.read(len(data), WINDOW_SIZE - len(data)) if reader.size > len(data) else b""
        except (OCIError, ContentMissing):
            self.notes[UNREADABLE] += 1
            return b""
        self.file_count += 1
        self.byte_count += len(data)
        if len(self._searched) < MOST_CONTENTS:
            self._searched[key] = False
        return data

    def _pieces(self, head: bytes, reader: EntryReader) -> Iterator[bytes]:
        """The content in windows, up to the limit of a file and that of the layer."""
        yield head
        at, most = len(head), settings.FINDING_SIZE
        try:
            while at < min(reader.size, most) and self.byte_count < MOST_BYTES:
                data = reader.read(at, min(WINDOW_SIZE, most - at))
                at += len(data)
                self.byte_count += len(data)
                yield data
        except (OCIError, ContentMissing):
            self.notes[UNREADABLE] += 1
            return
        self.notes[LARGE] += at < reader.size

    def _of_text(self, path: bytes, entry: Entry, pieces: Iterator[bytes]) -> Iterator[Finding]:
        for match, line in find_in_pieces(pieces, is_settings=is_settings(path)):
            self._holds_something(path, entry)
            yield self._finding(
                match.rule.kind,
                match.rule.name,
                path,
                entry,
                offset=match.offset,
                size=match.size,
                line=line,
            )

    def _certificates(self, path: bytes, entry: Entry, data: bytes) -> list[CertificateFile]:
        if not any(word in data for word in CERTIFICATE_WORDS) and not path.endswith(CERTIFICATE_NAMES):
            return []
        found = list(read_certificates(data))
        if found:
            self._holds_something(path, entry)
        return [CertificateFile(path, entry.number, found)] if found else []

    def _holds_something(self, path: bytes, entry: Entry) -> None:
        """Has the content read again where it stands once more: each place is told."""
        self._searched[entry.sha256 or b"", is_settings(path)] = True
