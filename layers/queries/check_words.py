"""Verdicts in words: what was found, what was wanted, and where a path that should not be there still is."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from layers.queries import check_rules as names
from layers.queries.check import FoundPath, Verdict

Spell = Callable[[int], str]
"""How bytes are spelled."""


def said(verdict: Verdict, spell: Spell) -> str:
    """What was found and what was wanted; a pattern is text of whoever wrote the rules."""
    if verdict.passed is None:
        return _("switched off")
    match verdict.rule:
        case names.FORBIDDEN:
            return _counted(verdict) if verdict.found else _("no such path in any layer")
        case names.REQUIRED:
            return _counted(verdict) if verdict.found else _("no such path in the image")
        case names.WASTED:
            text, found, limit = _("%(found)s, at most %(limit)s wanted"), spell, spell
        case names.EFFICIENCY:
            text, found, limit = _("%(found)s, at least %(limit)s wanted"), percent, percent
        case _rule:
            text, found, limit = _("%(found)s, at most %(limit)s wanted"), percent, percent
    return text % {"found": found(verdict.found), "limit": limit(verdict.limit)}  # type: ignore[arg-type]


def _counted(verdict: Verdict) -> str:
    count = int(verdict.found or 0)
    return ngettext("%(count)d path", "%(count)d paths", count) % {"count": count}


def percent(ratio: float) -> str:
    """A ratio as dive prints it.

    >>> percent(0.12855)
    '12.86 %'
    """
    return f"{100 * ratio:.2f} %"


def place(found: FoundPath) -> str:
    """Where a path is: seen, or only in layers below."""
    layers = ", ".join(map(str, found.layers))
    text = _("seen, from layer %(layers)s") if found.is_visible else _("hidden, still in layer %(layers)s")
    return text % {"layers": layers}
