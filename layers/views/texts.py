"""Text out of bytes: is it text, in which encoding, which lines are on a page."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from layers.views.encodings import WITH_BOM, detect

TEXT_SIZE = 2**20
"""Bytes shown as text; the rest can be read as hex or downloaded."""
PAGE_LINES = 400
LINE_LENGTH = 4096
HIGHLIGHT_SIZE = 64 * 1024
"""Up to this a text is highlighted as a whole, beyond, page by page."""
PROBE_SIZE = 8192
ODD_SHARE, STRAY_SHARE = 0.05, 0.5
MIXED = "mixed"
END = re.compile(r"\r\n|\r|\n")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
ORDINARY_CONTROLS = b"\t\n\r\f\x08\x1b"


class Text(NamedTuple):
    """Decoded text and how it was written."""

    content: str
    encoding: str
    line_end: str
    """``LF``, ``CRLF``, ``CR``, ``mixed``, or nothing for a single line."""
    is_cut: bool

    @property
    def lines(self) -> list[str]:
        """The lines, each cut to a length that is quick to lay out; a last line end makes no line."""
        lines = self.content.replace("\r\n", "\n").split("\n")
        if len(lines) > 1 and not lines[-1]:
            lines.pop()
        return [line if len(line) <= LINE_LENGTH else line[:LINE_LENGTH] + "…" for line in lines]


def is_text(data: bytes) -> bool:
    """Whether what starts with ``data`` is a text.

    A few odd bytes do not make it binary; bytes that are no UTF-8 may even be many where
    there are no control characters: some alphabet in an encoding of its own.
    """
    if any(data.startswith(encoding.bom) for encoding in WITH_BOM):
        return True
    probe = data[:PROBE_SIZE]
    if b"\0" in probe:
        return False
    controls = sum(byte < 0x20 and byte not in ORDINARY_CONTROLS for byte in probe)
    undecoded = probe.decode("utf-8", "surrogateescape")
    strays = sum("\udc80" <= character <= "\udcff" for character in undecoded)
    share = ODD_SHARE if controls else STRAY_SHARE
    return controls + strays <= share * len(probe)


def decode(data: bytes, *, is_cut: bool = False) -> Text | None:
    """``data`` as text; bytes that do not fit its encoding stay visible. ``None`` for what is no text."""
    if not is_text(data):
        return None
    encoding = detect(data, is_cut=is_cut)
    errors = "surrogateescape" if encoding.codec == "utf-8" else "replace"
    content = data[len(encoding.bom) :].decode(encoding.codec, errors)
    return Text(content, encoding.name, line_end_of(content), is_cut)


def lines_of(content: str, line_end: str | None = None) -> list[str]:
    """The lines with their ends, each replaced by ``line_end`` where one is given.

    >>> lines_of("a\\r\\nb\\nc", "\\n")
    ['a\\n', 'b\\n', 'c']
    """
    if line_end is not None:
        content = END.sub(line_end, content)
    return LINE.findall(content)


def line_end_of(content: str) -> str:
    """How the lines of a text end."""
    return name_of(END.findall(content))


def name_of(ends: Iterable[str]) -> str:
    """What one calls these line ends."""
    found = set(ends)
    return LINE_ENDS[found.pop()] if len(found) == 1 else MIXED if found else ""
