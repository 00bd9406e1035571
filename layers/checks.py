"""What ``manage.py check`` and every start say of the settings."""

import os
import stat
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.translation import gettext as _

from layers.oci.limits import MIB

DURABILITIES = ("deferred", "strict")
LOG_FORMATS = ("line", "json")
PROFILES = ("laptop", "shared")
CHOICES = (
    ("DURABILITY", DURABILITIES, "layers.E001"),
    ("LOG_FORMAT", LOG_FORMATS, "layers.E003"),
    ("PROFILE", PROFILES, "layers.E004"),
)
LEAST_MEMORY_SIZE = 256 * MIB
"""What an import needs besides the window of zstd."""


def register_checks() -> None:
    register(check_settings)


def check_settings(app_configs: Sequence[Any] | None, **kwargs: object) -> list[CheckMessage]:
    """Errors for values that mean nothing, warnings for those that will disappoint."""
    found: list[CheckMessage] = []
    for name, known, number in CHOICES:
        value = getattr(settings, name)
        if value not in known:
            sentence = _("IMAGEBROWSER_%(name)s is %(found)s; it must be one of %(known)s.")
            words = {"name": name, "found": repr(value), "known": ", ".join(known)}
            found.append(Error(sentence % words, id=number))
    if settings.JOBS_AT_ONCE < 0:
        found.append(Error(_("IMAGEBROWSER_JOBS_AT_ONCE must be 0 or more."), id="layers.E002"))
    needed = LEAST_MEMORY_SIZE + settings.LIMITS.zstd_window
    if needed > settings.JOB_MEMORY_SIZE:
        sentence = _("IMAGEBROWSER_JOB_MEMORY_SIZE is %(found)d bytes; some imports need %(needed)d.")
        found.append(
            Warning(sentence % {"found": settings.JOB_MEMORY_SIZE, "needed": needed}, id="layers.W001")
        )
    mode = stat.S_IMODE(os.stat(settings.DATA_DIR).st_mode)
    if mode & 0o077:
        sentence = _("Others on this machine can get at %(path)s (mode %(mode)o), with all that is in it.")
        hint = _("chmod 700 %(path)s") % {"path": settings.DATA_DIR}
        found.append(
            Warning(sentence % {"path": settings.DATA_DIR, "mode": mode}, hint=hint, id="layers.W002")
        )
    return found
