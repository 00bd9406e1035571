"""How the pages of the search show what was found, and why."""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote_from_bytes

from django import template
from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from layers.oci.changeset.entry import Kind
from layers.oci.findings.cover import covered
from layers.pathindex.tokens import has_wildcards
from layers.queries.search_texts import TextHit
from layers.queries.sightings import Above, Sighting
from layers.templatetags.layers import visible
from layers.views.runtime import Value

register = template.Library()

BEFORE = 60
LONGEST = 320


@register.simple_tag
def marked(text: bytes | str | None, wanted: str) -> SafeString:
    """``text`` as it may be shown, what was searched for in it marked."""
    return format_html_join("", "{}", ((part,) for part in _parts(visible(text), wanted)))


@register.simple_tag
def excerpt(text: str, wanted: str) -> SafeString:
    """The part of a long text in which it was found, marked; secrets in it are covered."""
    text = " ".join(covered(text).split())
    found = _expression(wanted).search(text) if wanted else None
    start = max(0, found.start() - BEFORE) if found and len(text) > LONGEST else 0
    end = start + LONGEST
    return format_html(
        "{}{}{}", "…" if start else "", marked(text[start:end], wanted), "…" if end < len(text) else ""
    )


def _parts(text: str, wanted: str) -> Iterator[str]:
    """The text in pieces, those that match in a ``<mark>``; a pattern marks nothing."""
    at = 0
    if wanted and not has_wildcards(wanted):
        for found in _expression(wanted).finditer(text):
            yield text[at : found.start()]
            yield format_html("<mark>{}</mark>", found[0])
            at = found.end()
    yield text[at:]


def _expression(wanted: str) -> re.Pattern[str]:
    return re.compile(re.escape(wanted.strip()), re.IGNORECASE)


@register.filter
def setting(hit: TextHit) -> Value:
    """A line of a config as name and value, so that a value that may be a secret can be kept covered."""
    name, separator, text = hit.text.partition("=")
    return Value(text, name) if separator and hit.field in ("ENV", "LABEL") else Value(hit.text)


@register.filter
def package_name(text: str) -> str:
    """The name of a package that is spelled with its version."""
    return text.partition(" ")[0]


@register.simple_tag
def sighting_url(sighting: Sighting, path: bytes) -> str:
    """The page of a version of a path: the layer's tree for a directory, else the file there."""
    is_directory = sighting.entry is not None and sighting.entry.kind is Kind.DIRECTORY
    page = _page("image-detail" if is_directory else "image-file", sighting.image.image_id)
    view = "view=tree&" if is_directory else ""
    return f"{page}?{view}layer={sighting.position}&path={quote_from_bytes(path)}"


@register.simple_tag
def seen_state(hidden_by: Above | None) -> SafeString:
    """Whether a version is visible in its image, or which layer hides it."""
    return _state(get_language(), hidden_by)


@lru_cache(1024)
def _state(language: str | None, hidden_by: Above | None) -> SafeString:
    """Rendered once for each language and layer: no text of an image is in it."""
    return get_template("layers/search/_state.html").render({"hidden_by": hidden_by})


@lru_cache(4096)
def _page(name: str, image_id: str) -> str:
    return reverse(f"layers:{name}", args=[image_id])


BAR = (
    '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
    '<rect class="bar-track" width="100" height="6"></rect>'
    '<rect class="bar-soft" width="{}" height="6"></rect>'
    '<rect class="bar-own" x="{}" width="{}" height="6"></rect></svg>'
)
"""Not a template: a shelf has hundreds."""


@register.simple_tag
def stand_bar(whole: int, own: int, largest: int) -> SafeString:
    """A bar as wide as ``whole`` is of ``largest``, its last part, ``own``, drawn in another colour."""
    scale = 100 / largest if largest else 0
    shared = f"{(whole - own) * scale:.2f}"
    return format_html(BAR, shared, shared, f"{max(own * scale, 0.4 if own else 0):.2f}")


@register.simple_tag
@lru_cache(1024)
def guide_lines(guides: tuple[str, ...]) -> SafeString:
    """The lines of a tree that lead to a row."""
    return format_html_join(
        "", '<span class="guide {}" aria-hidden="true"></span>', ((guide,) for guide in guides)
    )
