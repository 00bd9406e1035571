"""How long ago something was, in the units that docker takes."""

from datetime import UTC, datetime
from math import inf

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

LONG_AGES = (
    (48, 1, ngettext_lazy("%(n)d hour ago", "%(n)d hours ago", "n")),
    (336, 24, ngettext_lazy("%(n)d day ago", "%(n)d days ago", "n")),
    (1440, 168, ngettext_lazy("%(n)d week ago", "%(n)d weeks ago", "n")),
    (17520, 720, ngettext_lazy("%(n)d month ago", "%(n)d months ago", "n")),
    (inf, 8760, ngettext_lazy("%(n)d year ago", "%(n)d years ago", "n")),
)
"""Hours up to which a unit is used, hours in it, and the words: go-units' ``HumanDuration``."""


def age(time: datetime) -> str:
    """How long ago ``time`` was."""
    minutes = int((datetime.now(UTC) - time).total_seconds() / 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    hours = (minutes + 30) // 60
    size, words = next((size, words) for limit, size, words in LONG_AGES if hours < limit)
    return words % {"n": hours // size}
