"""How the templates spell what became of bytes: bars, swatches, words."""

from collections.abc import Mapping
from itertools import accumulate

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from layers.oci.unionfs.diff import reason_words
from layers.oci.unionfs.ledger import How, Item
from layers.templatetags.layers import rendered_once, why

register = template.Library()

HOW_WORDS = {
    How.LIVE: _("live"),
    How.OVERWRITTEN: _("overwritten"),
    How.IDENTICAL: _("same content"),
    How.RETYPED: _("another type"),
    How.WHITEOUT: _("deleted"),
    How.DIRECTORY: _("deleted"),
    How.OPAQUE: _("made anew"),
    How.REPLACED: _("replaced"),
}


@register.filter
def percent(ratio: float) -> str:
    """A ratio as dive prints it."""
    return f"{100 * ratio:.2f} %"


@register.filter
def how_word(how: How) -> str:
    """How a later layer hid bytes, in a word or two."""
    return str(HOW_WORDS[how])


@register.simple_tag
def split_bar(live: int, shadowed: int, deleted: int, whole: int, look: str = "") -> SafeString:
    """A bar of what became of bytes, drawn against ``whole``; decoration beside the figures."""
    ends = [100 * part / whole if whole else 0.0 for part in accumulate((live, shadowed, deleted))]
    starts = [0.0, *ends[:2]]
    widths = [
        (kind, f"{start:.2f}", f"{end - start:.2f}")
        for kind, start, end in zip(("live", "shadowed", "deleted"), starts, ends, strict=True)
        if end > start
    ]
    return rendered_once("layers/_splitbar.html", None, parts=tuple(widths), look=look)


@register.simple_tag
def swatch(kind: str) -> SafeString:
    """The colour or pattern of ``live``, ``shadowed`` or ``deleted`` bytes, beside the word."""
    return rendered_once("layers/_swatch.html", None, kind=kind)


@register.simple_tag
def why_bits(reasons: int) -> SafeString:
    """What a rewrite changed beside the content, in words."""
    return why(reason_words(reasons), False)


@register.filter
def names_of(item: Item, other_names: Mapping[Item, tuple[bytes, ...]]) -> tuple[bytes, ...]:
    """The other paths of a hard link group."""
    return other_names.get(item, ())
