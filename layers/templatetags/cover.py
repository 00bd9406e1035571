"""How the pages cover secrets in what an image tells of itself, and let them be shown."""

from django import template

from layers.oci.findings.cover import covered, covered_json, hides

register = template.Library()


@register.filter
def cover(text: str | None) -> str:
    """The text with its secrets covered; goes before anything that cuts it short."""
    return covered(str(text or ""))


@register.filter
def cover_json(text: str, name: str) -> str:
    """The same of a field's value as JSON."""
    return covered_json(text, name.removeprefix("config."))


@register.filter
def holds_secret(text: str | None) -> bool:
    """Whether anything in it is covered."""
    return hides(str(text or ""))


@register.inclusion_tag("layers/_reveal.html")
def reveal(text: str | None) -> dict[str, str | None]:
    """What was covered in a text, to be shown by a click; nothing where nothing was."""
    return {"text": text if holds_secret(text) else None}
