"""Text out of bytes: is it text, in which encoding, which lines are on a page."""

import codecs
import re
from typing import NamedTuple

TEXT_SIZE = 2**20
"""Bytes shown as text; the rest can be read as hex or downloaded."""
PAGE_LINES = 400
LINE_LENGTH = 4096
HIGHLIGHT_SIZE = 64 * 1024
"""Up to this a text is highlighted as a whole, beyond, page by page."""
PROBE_SIZE = 8192
ODD_SHARE = 0.05
MIXED = "mixed"
END = re.compile(r"\r\n|\r|\n")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
ORDINARY_CONTROLS = b"\t\n\r\f\x08\x1b"
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


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


def encoding_of(data: bytes) -> str | None:
    """The encoding of a text that starts with ``data``; ``None`` for what is no text."""
    for bom, name in BOMS:
        if data.startswith(bom):
            return name
    probe = data[:PROBE_SIZE]
    if b"\0" in probe:
        return None
    odd = sum(byte < 0x20 and byte not in ORDINARY_CONTROLS for byte in probe)
    undecoded = probe.decode("utf-8", "surrogateescape")
    odd += sum("\udc80" <= character <= "\udcff" for character in undecoded)
    return "utf-8" if odd <= ODD_SHARE * len(probe) else None


def decode(data: bytes, *, is_cut: bool = False) -> Text | None:
    """``data`` as text; bytes that do not fit its encoding stay visible. ``None`` for what is no text."""
    encoding = encoding_of(data)
    if encoding is None:
        return None
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    content = data.decode(encoding, errors)
    name = {"utf-8-sig": "UTF-8 (BOM)"}.get(encoding, encoding.upper())
    return Text(content, name, line_end_of(content), is_cut)


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
    found = set(END.findall(content))
    return LINE_ENDS[found.pop()] if len(found) == 1 else MIXED if found else ""
