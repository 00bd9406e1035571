"""How the templates spell sizes, names, modes and links.

Everything that comes from an image is hostile text: ``visible`` turns what a
browser would obey or hide into something to read, and autoescape does the rest.
"""

import stat
import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from time import gmtime
from typing import Protocol
from urllib.parse import quote_from_bytes

from django import template
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from layers.oci.changeset.entry import Entry, Kind
from layers.templatetags.ages import age

register = template.Library()
register.filter(age)


class State(Protocol):
    """What a page shows, with a URL for each change of it."""

    def query(self, **changes: object) -> str: ...


UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
PICTURES = 0x2400
FORMATS = {
    Kind.FILE: stat.S_IFREG,
    Kind.DIRECTORY: stat.S_IFDIR,
    Kind.SYMLINK: stat.S_IFLNK,
    Kind.CHARACTER: stat.S_IFCHR,
    Kind.BLOCK: stat.S_IFBLK,
    Kind.FIFO: stat.S_IFIFO,
    Kind.HARDLINK: stat.S_IFREG,
    Kind.WHITEOUT: stat.S_IFREG,
    Kind.OPAQUE: stat.S_IFREG,
}
"""The bits of a type; whiteouts are spelled as files."""
ICONS = {
    Kind.FILE: "file",
    Kind.DIRECTORY: "folder",
    Kind.SYMLINK: "link",
    Kind.CHARACTER: "hard-drive",
    Kind.BLOCK: "hard-drive",
    Kind.FIFO: "arrow-right",
    Kind.HARDLINK: "link",
    Kind.WHITEOUT: "file-x",
    Kind.OPAQUE: "file-x",
    Kind.UNKNOWN: "file-question-mark",
}


def spelled(character: str) -> str:
    """One character, so that it shows and changes nothing around it."""
    code = ord(character)
    if code < 0x20:
        return chr(PICTURES + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"⟨U+{code:04X}⟩" if unicodedata.category(character) in HIDDEN else character


@register.filter
def visible(text: bytes | str | None, keep: str = "") -> str:
    """``text`` with control, bidirectional and zero-width characters spelled out, but those in ``keep``.

    Bytes that are not UTF-8 become ``\\xNN``. Not escaped for HTML: autoescape does that.

    >>> visible(b"a\\x1b[1m\\xff")
    'a␛[1m\\\\xff'
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    text = str(text or "")
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep else spelled(c) for c in text)


@register.filter
def visible_lines(text: bytes | str | None) -> str:
    """As ``visible``, with line ends and tabs left to work."""
    return visible(text, "\n\t")


@register.filter
def filesize(size: int | None) -> str:
    """Bytes as docker prints them: decimal units, three digits.

    >>> filesize(999), filesize(1234), filesize(77_800_000)
    ('999 B', '1.23 kB', '77.8 MB')
    """
    if size is None:
        return "–"
    value, unit = float(abs(size)), 0
    while value >= 999.5 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{'−' if size < 0 else ''}{value:.3g} {UNITS[unit]}"


@register.filter
def delta(size: int | None) -> str:
    """Bytes that something grew by, with its sign; nothing for none."""
    if not size:
        return "±0 B"
    return f"+{filesize(size)}" if size > 0 else filesize(size)


@register.filter
def short(digest: str | None) -> str:
    """The first 12 hex digits of a digest, as docker shortens an ID."""
    return str(digest or "").rpartition(":")[2][:12]


@register.filter
def octets(digest: bytes | None) -> str:
    """A digest kept as bytes, in hex."""
    return digest.hex() if digest else ""


@register.filter
def xattr(value: bytes) -> str:
    """The value of an extended attribute: text where it is such, else hex."""
    text = value.rstrip(b"\0")
    return text.decode() if text.isascii() and text.decode("ascii").isprintable() else value.hex()


@register.filter
def mode(entry: Entry) -> str:
    """Type and permissions as ``ls -l`` spells them."""
    return stat.filemode(FORMATS.get(entry.kind, 0) | entry.mode)


@register.filter
def octal(number: int) -> str:
    """Permission bits as ``chmod`` takes them: four digits."""
    return f"{number:04o}"


@register.filter
def moment(seconds: int | None) -> datetime | None:
    """Seconds since 1970 as a time in UTC; ``None`` where no calendar reaches."""
    try:
        return datetime.fromtimestamp(seconds or 0, UTC)
    except (OverflowError, OSError, ValueError):
        return None


@register.filter
def stamp(seconds: int) -> str:
    """Seconds since 1970 as date and minute in UTC; nothing where no calendar reaches."""
    try:
        return "{:04}-{:02}-{:02} {:02}:{:02}".format(*gmtime(seconds)[:5])
    except (OverflowError, OSError, ValueError):
        return ""


@register.filter
def count(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


@register.filter
def limit(value: int, name: str) -> str:
    """A limit's value: bytes in binary units where its name says that it is a size, else a number."""
    if not name.endswith(("_size", "_floor", "_window", "_string")):
        return f"{value:,}"
    unit = 0
    while value and value % 1024 == 0:
        value, unit = value // 1024, unit + 1
    return f"{value:,} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[unit]}"


@register.filter
def basename(path: bytes) -> bytes:
    """The last part of a path."""
    return path.rpartition(b"/")[2]


@register.filter
def parent(path: bytes) -> bytes:
    """A path without its last part."""
    return path.rpartition(b"/")[0]


@register.filter
def urlpath(path: bytes) -> str:
    """A path as the value of ``?path=``: every byte survives the way there and back."""
    return quote_from_bytes(path)


@register.filter
def kind_icon(kind: Kind) -> str:
    """The icon of a type of path."""
    return ICONS[Kind(kind)]


@register.filter
def kind_word(kind: Kind) -> str:
    """The type of a path in a word."""
    return Kind(kind).word


@register.filter
def share(part: int, whole: int) -> int:
    """``part`` of ``whole`` as 0 to 100; anything at all counts at least 1."""
    if part <= 0 or whole <= 0:
        return 0
    return max(1, min(100, round(100 * part / whole)))


# A page has a hundred rows and each has several of these: what they give is kept.


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """An icon of the sprite; decoration, so hidden from screen readers."""
    return format_html(
        '<svg class="icon" width="18" height="18" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def change_kind(kind: str) -> SafeString:
    """The badge of A, C or D: letter, border and word."""
    return rendered_once("layers/_kind.html", get_language(), kind=kind)


@register.simple_tag
def why(reasons: tuple[str, ...], silent: bool) -> SafeString:
    """Why a path counts as changed, in words."""
    return rendered_once("layers/_reasons.html", get_language(), reasons=reasons, silent=silent)


@register.simple_tag
def bar(part: int, whole: int) -> SafeString:
    """A bar as wide as ``part`` is of ``whole``; decoration beside the figure it draws."""
    return rendered_once("layers/_bar.html", None, width=share(part, whole))


@lru_cache(maxsize=2048)
def rendered_once(template_name: str, language: str | None, **context: object) -> SafeString:
    """A template rendered once for each language and context: none of them holds text from an image."""
    return get_template(template_name).render(context)


@register.simple_tag
def layer_bar(sizes: list[int]) -> SafeString:
    """An image's layers side by side, each as wide as it is large; those too thin to see are left out."""
    whole, segments, start = sum(sizes) or 1, [], 0.0
    for position, size in enumerate(sizes):
        width = 100 * size / whole
        if width >= 0.5:
            segments.append((f"{start:.2f}", f"{width:.2f}", position % 2))
        start += width
    return rendered_once("layers/_layerbar.html", None, segments=tuple(segments))


@register.simple_tag
def go(url: str) -> SafeString:
    """The address of a link that htmx follows within the page; everything else is inherited."""
    return format_html('href="{}" hx-get="{}"', url, url)


@register.simple_tag
def query(state: State, **changes: object) -> str:
    """The query string of a layer's pane with ``changes``."""
    return state.query(**changes)


@register.inclusion_tag("layers/_command.html")
def command(text: str) -> dict[str, str]:
    """A command line with a button that copies it."""
    return {"text": text}
