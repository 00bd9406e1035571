"""Text files as they are edited: what was not changed is written back byte for byte.

A browser gives text back with line ends of its own. So the ends that a file had
are kept beside its lines, and put back where a line is still there.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from layers.oci.limits import MIB
from layers.templatetags.layers import spelled
from layers.views import texts
from layers.views.encodings import ENCODINGS, Encoding, detect
from layers.views.linematch import changes

EDIT_SIZE = MIB
"""Bytes of a file up to which it is edited in a browser."""


class CannotSpell(ValueError):
    """An encoding lacks a character. ``str(error)`` is the sentence to show."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """The text of a file, and how the file spells it."""

    encoding: Encoding
    lines: tuple[str, ...]
    """Without their ends; the last one has none, so it is empty where the file ends with a line end."""
    ends: tuple[str, ...]
    """Of all lines but the last."""

    @property
    def text(self) -> str:
        """As an editor shows it: each line ends with ``\\n``."""
        return "\n".join(self.lines)

    @property
    def line_end(self) -> str:
        """``LF``, ``CRLF``, ``CR``, ``mixed``, or nothing for a single line."""
        return texts.name_of(self.ends)

    def spell(self, text: str, encoding: Encoding | None = None) -> bytes:
        """``text``, with whatever line ends, as this file would have it: in its encoding, or in another.

        Raises:
            CannotSpell: the encoding lacks a character.
        """
        lines = texts.END.split(text)
        ends = [*apart(lines, list(self._ends_for(lines))), ""]
        encoding = encoding or self.encoding
        try:
            return encoding.encode("".join(line + end for line, end in zip(lines, ends, strict=True)))
        except UnicodeEncodeError as error:
            raise CannotSpell(missing(encoding, error)) from error

    def _ends_for(self, lines: Sequence[str]) -> Iterator[str]:
        """An end for each line but the last."""
        usual = usual_end(self.ends)
        if len(set(self.ends)) < 2:
            yield from [usual] * (len(lines) - 1)
            return
        before = usual
        for old in counterparts(self.lines, lines)[:-1]:
            before = self.ends[old] if old is not None and old < len(self.ends) else before
            yield before


def open_text(data: bytes, encoding: Encoding | None = None) -> TextFile | None:
    """The text in ``data``, in an encoding of choice or the one it seems to have.

    ``None`` where it cannot be edited as text: it would not come back byte for byte.
    """
    if encoding is None and not texts.is_text(data):
        return None
    encoding = encoding or detect(data)
    try:
        content = encoding.decode(data)
        is_kept = encoding.encode(content) == data
    except UnicodeError:
        return None
    if not is_kept or "\0" in content:
        return None
    return TextFile(encoding, tuple(texts.END.split(content)), tuple(texts.END.findall(content)))


def new_text() -> TextFile:
    """A file that is not there yet."""
    return TextFile(ENCODINGS["utf-8"], ("",), ())


def usual_end(ends: Sequence[str]) -> str:
    """The end most lines have; ``\\n`` where there are none."""
    return Counter(ends).most_common(1)[0][0] if ends else "\n"


def counterparts(before: Sequence[str], after: Sequence[str]) -> list[int | None]:
    """For each line of ``after`` the line of ``before`` that it is, or that it took the place of."""
    found: list[int | None] = []
    left = 0
    for a1, a2, b1, b2 in [*changes(before, after), (len(before), len(before), len(after), len(after))]:
        found += range(left, a1)
        found += [a1 + n if a1 + n < a2 else None for n in range(b2 - b1)]
        left = a2
    return found


def apart(lines: Sequence[str], ends: list[str]) -> list[str]:
    """The ends, none of which runs into the next: CR before an empty line that ends with LF is not CRLF."""
    for n in range(1, len(ends)):
        if not lines[n] and ends[n - 1] == "\r" and ends[n] == "\n":
            ends[n] = "\r"
    return ends


def missing(encoding: Encoding, error: UnicodeEncodeError) -> str:
    """Which character an encoding lacks, and what can be done."""
    text = str(error.object)
    return _(
        "Line %(line)d has “%(character)s” (U+%(code)s), which %(encoding)s does not have. "
        "Nothing was saved: take it out, or save the file as UTF-8."
    ) % {
        "line": len(texts.END.findall(text[: error.start])) + 1,
        "character": spelled(text[error.start]),
        "code": f"{ord(text[error.start]):04X}",
        "encoding": encoding.name,
    }
