"""``HEALTHCHECK`` with its options, as docker's ``HealthConfig`` holds it."""

import re
from collections.abc import Sequence
from fractions import Fraction

from layers.oci.dockerfile.words import quoted
from layers.oci.errors import InvalidChange

UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
SHORTEST = 10**6
LONGEST = 2**63 - 1
MOST_DIGITS = 19
"""Of a number that is in bounds; behind the point, Go leaves more out as well."""
LARGEST_RETRIES = 2**31 - 1
DURATION = re.compile(r"(\d+\.?\d*|\.\d+)([^\d.]*)", re.ASCII)
OPTIONS = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start-period": "StartPeriod",
    "start-interval": "StartInterval",
}
"""Durations, by flag, in the order in which docker writes them."""

HEALTH_FIELDS = ("Test", *OPTIONS.values(), "Retries")

Health = dict[str, list[str] | int]


def parse_health(flags: Sequence[str], args: Sequence[str], is_json: bool) -> Health:
    """The health check; times are in nanoseconds.

    Raises:
        InvalidChange: docker's sentence.
    """
    kind, command = args[0].upper(), list(args[1:])
    if kind == "NONE":
        if command:
            raise InvalidChange("HEALTHCHECK NONE takes no arguments")
        return {"Test": [kind]}
    options = parse_flags(flags, (*OPTIONS, "retries"))
    if kind != "CMD":
        raise InvalidChange(f"Unknown type {quoted(kind)} in HEALTHCHECK (try CMD)")
    if not command:
        raise InvalidChange("Missing command after HEALTHCHECK CMD")
    found: Health = {"Test": [kind, *command] if is_json else ["CMD-SHELL", " ".join(command)]}
    for flag, name in OPTIONS.items():
        if text := options.get(flag):
            found[name] = _interval(flag, text)
    if text := options.get("retries"):
        found["Retries"] = _retries(text)
    return {name: value for name, value in found.items() if value}


def parse_flags(flags: Sequence[str], known: Sequence[str] = ()) -> dict[str, str]:
    """``--name=value`` words by name.

    Raises:
        InvalidChange: a flag that is unknown, there twice, or without a value.
    """
    found: dict[str, str] = {}
    for flag in flags:
        name, sign, value = flag.removeprefix("--").partition("=")
        if name not in known:
            raise InvalidChange(f"Unknown flag: {name}")
        if name in found:
            raise InvalidChange(f"Duplicate flag specified: {name}")
        if not sign:
            raise InvalidChange(f"Missing a value on flag: {name}")
        found[name] = value
    return found


def parse_duration(text: str) -> int:
    """Nanoseconds of what Go's ``time.ParseDuration`` takes: ``1h30m``, ``1.5s``.

    >>> parse_duration("1m30s"), parse_duration("1.5ms")
    (90000000000, 1500000)
    """
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    invalid = InvalidChange(f"time: invalid duration {quoted(text)}")
    total, at = Fraction(0), 0
    while at < len(rest) or not rest:
        match = DURATION.match(rest, at)
        if match is None:
            raise invalid
        number, unit = match.groups()
        if not unit:
            raise InvalidChange(f"time: missing unit in duration {quoted(text)}")
        if unit not in UNITS:
            raise InvalidChange(f"time: unknown unit {quoted(unit)} in duration {quoted(text)}")
        whole, _, part = number.partition(".")
        whole = whole.lstrip("0")
        if len(whole) > MOST_DIGITS:
            raise invalid
        total += Fraction(f"{whole or 0}.{part[:MOST_DIGITS] or 0}") * UNITS[unit]
        if total > LONGEST:
            raise invalid
        at = match.end()
    return sign * int(total)


def _interval(flag: str, text: str) -> int:
    duration = parse_duration(text)
    if duration < SHORTEST:
        raise InvalidChange(f"Interval {quoted(flag)} cannot be less than 1ms")
    return duration


def _retries(text: str) -> int:
    number = text.removeprefix("+")
    if not re.fullmatch(r"-?\d+", number, re.ASCII):
        raise InvalidChange(f"strconv.ParseInt: parsing {quoted(text)}: invalid syntax")
    if len(number) > 12 or not -LARGEST_RETRIES - 1 <= int(number) <= LARGEST_RETRIES:
        raise InvalidChange(f"strconv.ParseInt: parsing {quoted(text)}: value out of range")
    if int(number) < 1:
        raise InvalidChange(f"--retries must be at least 1 (not {int(number)})")
    return int(number)
