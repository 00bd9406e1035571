"""Sizes, ages and long texts in docker's words: go-units, and the ellipsis of its client."""

import unicodedata
from datetime import UTC, datetime
from typing import Final

UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
HOUR: Final = 3600
LONG_TIMES: Final = ((1, 48, "hours"), (24, 336, "days"), (168, 1440, "weeks"), (720, 17520, "months"))
"""Hours in the unit, hours up to which it is used, and its name."""
LONGEST_AGE: Final = (2**63 - 1) // 10**9
"""Seconds; Go's ``Duration`` holds no more, which is why docker calls a missing date 292 years old."""
NO_DATE: Final = datetime(1, 1, 1, tzinfo=UTC)
"""What Go makes of a date that is not there."""


def human_size(size: int, digits: int = 3) -> str:
    """``size`` bytes in decimal units, to so many significant digits.

    >>> human_size(0), human_size(1_983_054), human_size(1_983_054, 4), human_size(999_999)
    ('0B', '1.98MB', '1.983MB', '1e+03kB')
    """
    value, unit = float(size), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.{digits}g}{UNITS[unit]}"


def human_duration(seconds: float) -> str:
    """A length of time, roughly: go-units' ``HumanDuration``.

    >>> human_duration(0.4), human_duration(61), human_duration(5400), human_duration(15 * 86400)
    ('Less than a second', 'About a minute', '2 hours', '2 weeks')
    """
    if seconds < 60:
        return few_seconds(int(seconds))
    minutes = int(seconds / 60)
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    hours = int(seconds / HOUR + 0.5)
    if hours == 1:
        return "About an hour"
    for size, limit, word in LONG_TIMES:
        if hours < limit:
            return f"{hours // size} {word}"
    return f"{int(seconds / HOUR) // 24 // 365} years"


def few_seconds(seconds: int) -> str:
    """Less than a minute."""
    if seconds < 1:
        return "Less than a second"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def human_since(moment: datetime | None, now: datetime) -> str:
    """How long ago it was; docker counts from the whole second."""
    whole = (moment or NO_DATE).replace(microsecond=0)
    return f"{human_duration(min((now - whole).total_seconds(), LONGEST_AGE))} ago"


def ellipsis(text: str, width: int) -> str:
    """``text``, cut to so many columns of a terminal if it is longer, the last of them ``…``.

    >>> ellipsis("a long line", 7), ellipsis("中文", 4), ellipsis("中文字", 4)
    ('a long…', '中文', '中…')
    """
    if sum(map(columns, text)) <= width:
        return text
    used = 0
    for index, character in enumerate(text):
        used += columns(character)
        if used > width - 1:
            return text[:index] + "…"
    return text


def columns(character: str) -> int:
    """How many columns of a terminal a character takes."""
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
