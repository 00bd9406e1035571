"""The content of a file as a page shows it: a page of lines, a page of bytes, or a picture."""

from collections.abc import Callable
from typing import Any

from layers.views import hexdump, texts
from layers.views.readers import Reader
from layers.views.state import pages
from layers.views.textwork import highlighted


def as_text(reader: Reader, path: bytes, offset: int) -> dict[str, Any]:
    """A page of lines; ``offset`` counts lines."""
    text = texts.decode(reader.read(0, texts.TEXT_SIZE), is_cut=reader.size > texts.TEXT_SIZE)
    if text is None:
        return {"mode": "hex"} | as_hex(reader, path, 0)
    lines = text.lines
    start = min(offset, max(0, len(lines) - 1)) // texts.PAGE_LINES * texts.PAGE_LINES
    page = lines[start : start + texts.PAGE_LINES]
    name = path.rpartition(b"/")[2].decode("utf-8", "replace")
    if len(text.content) <= texts.HIGHLIGHT_SIZE:
        tokens = highlighted("\n".join(lines), name=name)[start : start + texts.PAGE_LINES]
    else:
        tokens = highlighted("\n".join(page), name=name)
    return {
        "text": text,
        "lines": list(enumerate(tokens[: len(page)], start + 1)),
        "line_count": len(lines),
        "pages": pages(start, texts.PAGE_LINES, len(lines)),
    }


def as_hex(reader: Reader, path: bytes, offset: int) -> dict[str, Any]:
    """A page of bytes; ``offset`` counts bytes."""
    start = min(offset, max(0, reader.size - 1)) // hexdump.PAGE_SIZE * hexdump.PAGE_SIZE
    rows = hexdump.rows(reader.read(start, hexdump.PAGE_SIZE), start)
    return {"hex_rows": rows, "pages": pages(start, hexdump.PAGE_SIZE, reader.size)}


def as_picture(reader: Reader, path: bytes, offset: int) -> dict[str, Any]:
    """Nothing beside the picture's own URL."""
    return {}


MODES: dict[str, Callable[[Reader, bytes, int], dict[str, Any]]] = {
    "text": as_text,
    "hex": as_hex,
    "image": as_picture,
}
