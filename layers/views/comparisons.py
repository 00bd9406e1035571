"""Any two contents held against each other: as text side by side, as bytes, as pictures.

A page gives the two sides and the address it has itself; what it includes is
``layers/compare/_compare.html``, whose one variable is ``compare``.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from django.http import HttpRequest

from layers.views import hexdiff, pictures, texts
from layers.views.hexdiff import HexDifference
from layers.views.linediff import Difference
from layers.views.pictures import Picture
from layers.views.readers import Reader
from layers.views.state import number, pages
from layers.views.textwork import compared

MODES = ("image", "text", "hex")
PAGE_ROWS = 1000
"""Rows of a text comparison on one page."""
TEXT_SIZE = texts.TEXT_SIZE
"""Bytes of each side up to which texts are compared."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two contents."""

    label: str
    """What it is, for people: “layer 3”."""
    reader: Reader | None = None
    """None where there is nothing to compare: the path is not there, or has no content."""
    sha256: bytes | None = None
    """Of the content, where it is known: two that are equal are not read."""
    picture_url: str = ""
    """Where a browser gets the content as a picture, if it is one."""

    @property
    def size(self) -> int:
        return self.reader.size if self.reader else 0

    @property
    def head(self) -> bytes:
        return self.reader.read(0, pictures.HEAD_SIZE) if self.reader else b""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks of a comparison."""

    mode: str = ""
    offset: int = 0
    """The first row of a text, the first byte in hex."""
    whole: bool = False
    """Whether unchanged lines are shown too."""

    @classmethod
    def parse(cls, request: HttpRequest) -> Self:
        """From ``form=text|hex|image``, ``offset=`` and ``whole``."""
        get = request.GET
        return cls(get.get("form", ""), number(get.get("offset"), 0, 2**62, 0), "whole" in get)


class TextComparison(NamedTuple):
    """A page of two texts side by side."""

    difference: Difference | None
    """None where comparing them would take too long."""
    encodings: tuple[str, str] | None
    """Of both sides, where they differ."""
    line_ends: tuple[str, str] | None
    """The same; then lines count as equal whatever their ends."""
    pages: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that ``_compare.html`` shows."""

    before: Side
    after: Side
    query: str
    """The address of the page it stands on, to which ``form=`` and more are added."""
    asked: Asked
    modes: list[str]
    mode: str
    is_same: bool
    """Known to be equal, byte for byte."""
    pictures: tuple[Picture | None, Picture | None]
    too_long: bool
    """They might be texts, were they shorter."""
    text: TextComparison | None = None
    hex: HexDifference | None = None

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height that hold both pictures, so that they are drawn to one scale."""
        shown = [picture for picture in self.pictures if picture]
        return max(p.width for p in shown), max(p.height for p in shown)

    @property
    def sized_alike(self) -> bool:
        old, new = self.pictures
        return old is not None and new is not None and old[1:] == new[1:]


def compare(before: Side, after: Side, query: str, asked: Asked) -> Comparison:
    """Both sides in the form that was asked for, or else in the one that shows most."""
    heads = (before.head, after.head)
    found = (pictures.recognise(heads[0], before.size), pictures.recognise(heads[1], after.size))
    is_text = all(texts.is_text(head) for head in heads)
    too_long = is_text and max(before.size, after.size) > TEXT_SIZE
    modes = ["image"] * any(found) + ["text"] * (is_text and not too_long) + ["hex"]
    mode = asked.mode if asked.mode in modes else modes[0]
    is_same = before.sha256 == after.sha256 if before.sha256 and after.sha256 else False
    return Comparison(
        before,
        after,
        query,
        asked,
        modes,
        mode,
        is_same,
        found,
        too_long,
        text=compare_texts(before, after, asked) if mode == "text" and not is_same else None,
        hex=hexdiff.differing(before.reader, after.reader, asked.offset)
        if mode == "hex" and not is_same
        else None,
    )


def compare_texts(before: Side, after: Side, asked: Asked) -> TextComparison:
    """A page of rows, and in what the two are written where that is not the same."""
    old, new = (read_text(side) for side in (before, after))
    both = before.reader is not None and after.reader is not None
    encodings = (old.encoding, new.encoding) if both and old.encoding != new.encoding else None
    ends = line_ends(old.line_end, new.line_end)
    lines = [texts.lines_of(text.content, "\n" if ends else None) for text in (old, new)]
    start = asked.offset // PAGE_ROWS * PAGE_ROWS
    difference = compared(*lines, whole=asked.whole, start=start, limit=PAGE_ROWS)
    total = difference.total if difference else 0
    return TextComparison(difference, encodings, ends, pages(start, PAGE_ROWS, total))


def line_ends(old: str, new: str) -> tuple[str, str] | None:
    """The line ends of two texts, where each has one kind and not the other's."""
    is_one_each = old and new and texts.MIXED not in (old, new)
    return (old, new) if is_one_each and old != new else None


def read_text(side: Side) -> texts.Text:
    """The text of a side that is one."""
    data = side.reader.read(0, TEXT_SIZE) if side.reader else b""
    return texts.decode(data) or texts.Text(data.decode("latin-1"), "", "", False)
