"""What ``manage.py check`` and every start say of the settings."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.translation import gettext as _

from layers.oci.limits import MIB

DURABILITIES = ("deferred", "strict")
LOG_FORMATS = ("line", "json")
LEAST_MEMORY_SIZE = 256 * MIB
"""What an import needs besides the window of zstd."""


def register_checks() -> None:
    register(check_settings)


def check_settings(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """Errors for values that mean nothing, warnings for those that will disappoint."""
    found: list[CheckMessage] = []
    if settings.DURABILITY not in DURABILITIES:
        sentence = _("IMAGEBROWSER_DURABILITY is %(found)s; it must be one of %(known)s.")
        known = ", ".join(DURABILITIES)
        found.append(Error(sentence % {"found": repr(settings.DURABILITY), "known": known}, id="layers.E001"))
    if settings.LOG_FORMAT not in LOG_FORMATS:
        sentence = _("IMAGEBROWSER_LOG_FORMAT is %(found)s; it must be one of %(known)s.")
        known = ", ".join(LOG_FORMATS)
        found.append(Error(sentence % {"found": repr(settings.LOG_FORMAT), "known": known}, id="layers.E003"))
    if settings.JOBS_AT_ONCE < 1:
        found.append(Error(_("IMAGEBROWSER_JOBS_AT_ONCE must be 1 or more."), id="layers.E002"))
    needed = LEAST_MEMORY_SIZE + settings.LIMITS.zstd_window
    if needed > settings.JOB_MEMORY_SIZE:
        sentence = _("IMAGEBROWSER_JOB_MEMORY_SIZE is %(found)d bytes; some imports need %(needed)d.")
        found.append(
            Warning(sentence % {"found": settings.JOB_MEMORY_SIZE, "needed": needed}, id="layers.W001")
        )
    return found
