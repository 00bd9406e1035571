"""The rules that an image is checked by: dive's ``.dive-ci``, and paths that must or must not be there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from layers.oci.changeset.globs import InvalidGlob, compile_glob
from layers.oci.errors import shown
from layers.oci.strictyaml import InvalidYaml, Value, parse_yaml

LONGEST: Final = 64 * 1024
MOST_PATHS: Final = 200
DISABLED: Final = ("", "disabled", "off", "false")
"""Values with which dive switches a rule off."""
EFFICIENCY, WASTED, USER_WASTED, FORBIDDEN, REQUIRED, NUMBERS = (
    *("lowestEfficiency", "highestWastedBytes", "highestUserWastedPercent"),
    *("forbiddenPaths", "requiredPaths", "numbers"),
)
KEYS: Final = (EFFICIENCY, WASTED, USER_WASTED, FORBIDDEN, REQUIRED, NUMBERS)
OWN, DIVE = "own", "dive"
UNITS: Final = "kmgtpe"
BYTES: Final = re.compile(r"([\d,]*\.?\d+) *([kmgtpe]?)(i?)b?", re.ASCII | re.IGNORECASE)


class InvalidRules(ValueError):
    """The rules cannot be read. The message says where and why."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an image has to keep to; None switches a rule off. Without a file they are dive's own."""

    lowest_efficiency: float | None = 0.9
    highest_wasted_bytes: int | None = None
    highest_user_wasted_percent: float | None = 0.1
    forbidden: tuple[str, ...] = ()
    """Patterns of paths that no layer may hold, seen or hidden."""
    required: tuple[str, ...] = ()
    """Patterns of paths that have to be seen."""
    numbers: str = OWN
    """Whose: ``own``, or ``dive``."""


def parse_rules(text: str) -> Rules:
    """The rules in the text of a ``.dive-ci``. A rule that it does not name is as dive has it.

    Raises:
        InvalidRules
    """
    if len(text) > LONGEST:
        raise InvalidRules(_("The rules are longer than %(count)d characters.") % {"count": LONGEST})
    try:
        document = parse_yaml(text)
    except InvalidYaml as error:
        raise InvalidRules(str(error)) from error
    found = document.pop("rules", {}) or {}
    if document or not isinstance(found, Mapping):
        name = next(iter(document), "rules")
        raise InvalidRules(
            _("“%(key)s” is no part of a rules file: all stands below “rules:”.") % {"key": name}
        )
    unknown = [key for key in found if key not in KEYS]
    if unknown:
        message = _("There is no rule %(key)s; there are: %(keys)s.")
        raise InvalidRules(message % {"key": unknown[0], "keys": ", ".join(KEYS)})
    usual = Rules()
    return Rules(
        _ratio(found, EFFICIENCY, usual.lowest_efficiency),
        _bytes(found, WASTED, usual.highest_wasted_bytes),
        _ratio(found, USER_WASTED, usual.highest_user_wasted_percent),
        _patterns(found, FORBIDDEN),
        _patterns(found, REQUIRED),
        _whose(found),
    )


def _ratio(found: Mapping[str, Value], key: str, usual: float | None) -> float | None:
    """A number from 0 to 1; None where the rule is off."""
    text = _text(found, key)
    if text is None:
        return usual
    if text.lower() in DISABLED:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        message = _("%(key)s is a number from 0 to 1, or “disabled”, not %(text)s.")
        raise InvalidRules(message % {"key": key, "text": shown(text)})
    return number


def _bytes(found: Mapping[str, Value], key: str, usual: int | None) -> int | None:
    """Bytes as dive reads them: kB are 1000, KiB 1024."""
    text = _text(found, key)
    if text is None:
        return usual
    if text.lower() in DISABLED:
        return None
    match = BYTES.fullmatch(text)
    if match is None or len(text) > 40:
        message = _("%(key)s is a number of bytes, as 20MB or 64KiB, or “disabled”, not %(text)s.")
        raise InvalidRules(message % {"key": key, "text": shown(text)})
    power = UNITS.index(match[2].lower()) + 1 if match[2] else 0
    return int(float(match[1].replace(",", "")) * (1024 if match[3] else 1000) ** power)


def _text(found: Mapping[str, Value], key: str) -> str | None:
    value = found.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidRules(_("%(key)s takes one value.") % {"key": key})
    return value


def _patterns(found: Mapping[str, Value], key: str) -> tuple[str, ...]:
    """Patterns, each of which can be used."""
    value = found.get(key, [])
    if isinstance(value, str):
        value = [value] if value else []
    if isinstance(value, Mapping) or len(value) > MOST_PATHS:
        message = _("%(key)s takes a list of up to %(count)d patterns, each on a line that begins with “-”.")
        raise InvalidRules(message % {"key": key, "count": MOST_PATHS})
    for pattern in value:
        try:
            compile_glob(pattern)
        except InvalidGlob as error:
            raise InvalidRules(f"{key}: {error}") from error
    return tuple(value)


def _whose(found: Mapping[str, Value]) -> str:
    text = _text(found, NUMBERS) or OWN
    if text not in (OWN, DIVE):
        raise InvalidRules(_("numbers is “own” or “dive”, not %(text)s.") % {"text": shown(text)})
    return text
