"""Links and forms of a container's workspace, which htmx sends where there are scripts."""

import re
from collections.abc import Mapping
from functools import lru_cache

from django import template
from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from layers.models import Container
from layers.templatetags.layers import State

register = template.Library()
DIRECTORIES = re.compile(r"/(?:[^/ ]+/){2,}(?=[^/ ])")
BRIEF = 26


@register.filter
def brief(label: str) -> str:
    """What a step did, its paths without their directories where it would be long.

    >>> brief("write /etc/motd"), brief("write /usr/share/nginx/html/index.html")
    ('write /etc/motd', 'write …/index.html')
    """
    return label if len(label) <= BRIEF else DIRECTORIES.sub("…/", label)


@register.simple_tag
def opens(page: str, query: str) -> SafeString:
    """The address of a form, as a page of its own; with scripts it opens in the dialog."""
    url = page + query
    attributes = 'href="{}" hx-get="{}" hx-target="#ask" hx-swap="outerHTML" hx-push-url="false"'
    return format_html(attributes, url, url)


@register.simple_tag
def shows(page: str, query: str) -> SafeString:
    """The address of a path or another view of a pane; what is around the link says which pane."""
    url = page + query
    return format_html('href="{}" hx-get="{}"', url, url)


@register.simple_tag
def edits(verb: str, container: Container, state: State) -> SafeString:
    """Where a form sends an edit, and that the answer goes into the panes."""
    url = reverse(f"layers:container-{verb}", args=[container.container_id]) + state.query(ask="")
    attributes = 'method="post" action="{}" hx-post="{}" hx-target="#middle" hx-swap="outerHTML show:none"'
    # For the form alone: links in it say all in their addresses.
    attributes += ' hx-include="#rail-asked" hx-disinherit="hx-include"'
    return format_html(attributes, url, url)


@register.simple_tag
def edit_url(verb: str, container: Container, state: State) -> str:
    """The same address alone, for a button that sends another form elsewhere."""
    return reverse(f"layers:container-{verb}", args=[container.container_id]) + state.query(ask="")


@register.simple_tag
def below(counts: Mapping[str, int]) -> SafeString:
    """How many paths below a directory were added, changed and deleted."""
    return _below(get_language(), counts["A"], counts["C"], counts["D"])


@lru_cache(maxsize=512)
def _below(_language: str, added: int, changed: int, deleted: int) -> SafeString:
    context = {"added": added, "changed": changed, "deleted": deleted}
    return get_template("layers/container/_below.html").render(context)
