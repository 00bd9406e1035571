"""What Go's ``fmt`` prints of lists, maps and numbers, read back: builders write it into histories."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from layers.oci.dockerfile.health import parse_duration
from layers.oci.errors import InvalidChange

QUOTED: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))"
)
LETTERS: Final = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))
PORT_MAP: Final = re.compile(r"map\[(.*)\]", re.DOTALL)
HEALTH: Final = re.compile(r"&\{(\[.*?\]|\[\]) ((?:\"[^\"]*\" )+)'((?:\\.[^']*|[^'\\]))'\}", re.DOTALL)
LONGEST_HEALTH: Final = 16_384
HEALTH_TIMES: Final = ("Interval", "Timeout", "StartPeriod", "StartInterval")


def unquoted(text: str) -> str:
    r"""The text between Go's quotes, its escapes undone.

    >>> unquoted(r'"a\tb\x41\u00e9\""')
    'a\tbAé"'
    """
    return ESCAPE.sub(_letter, text[1:-1])


def _letter(match: re.Match[str]) -> str:
    letter, *codes, octal = match.groups()
    if letter:
        return LETTERS[letter]
    code = int(octal, 8) if octal else int(next(code for code in codes if code), 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\N{REPLACEMENT CHARACTER}"


def quoted_list(text: str) -> list[str] | None:
    """The words of ``["a" "b"]``, or of the same with commas, as JSON has it; None for anything else.

    >>> quoted_list('["nginx" "-g" "daemon off;"]'), quoted_list("nginx")
    (['nginx', '-g', 'daemon off;'], None)
    """
    text = text.strip()
    if not text.startswith("[") or not text.endswith("]"):
        return None
    inner = text[1:-1]
    words = QUOTED.findall(inner)
    return [unquoted(word) for word in words] if not QUOTED.sub("", inner).strip(" ,\t") else None


def bare_list(text: str, known: Collection[str] = ()) -> list[str] | None:
    """The words of ``[/a /b]``; those in ``known`` may hold spaces. None for what is no list.

    >>> bare_list("[/with space /data]", ["/with space", "/data"]), bare_list("[/a /b]")
    (['/with space', '/data'], ['/a', '/b'])
    """
    text = text.strip()
    if not text.startswith("[") or not text.endswith("]"):
        return None
    found, rest = [], text[1:-1].strip()
    longest_first = sorted((word for word in known if " " in word), key=len, reverse=True)
    while rest:
        word = next((word for word in longest_first if f"{rest} ".startswith(f"{word} ")), None)
        word = word or rest.split(" ", 1)[0]
        found.append(word)
        rest = rest[len(word) :].lstrip(" ")
    return found


def port_words(text: str) -> list[str]:
    """The ports of ``map[80/tcp:{} 443/tcp:{}]``, of ``[80/tcp]``, or of plain words.

    >>> port_words("map[53/udp:{} 80/tcp:{}]"), port_words("80 443/tcp")
    (['53/udp', '80/tcp'], ['80', '443/tcp'])
    """
    match = PORT_MAP.fullmatch(text.strip())
    words = match[1].split() if match else text.strip().strip("[]").split()
    return [word.removesuffix(":{}") for word in words]


def health_of(text: str) -> dict[str, object] | None:
    """docker's ``HealthConfig`` as it was printed; None for anything else."""
    match = HEALTH.fullmatch(text.strip()) if len(text) <= LONGEST_HEALTH else None
    test = quoted_list(match[1]) if match else None
    if match is None or test is None:
        return None
    found: dict[str, object] = {"Test": test}
    times: Sequence[str] = [unquoted(word) for word in QUOTED.findall(match[2])]
    for name, time in zip(HEALTH_TIMES, times, strict=False):
        duration = _duration(time)
        if duration:
            found[name] = duration
    retries = unquoted(f"'{match[3]}'")
    if retries != "\0" and len(retries) == 1:
        found["Retries"] = ord(retries)
    return found


def _duration(text: str) -> int:
    """Nanoseconds; 0 for what is no duration."""
    try:
        return parse_duration(text)
    except InvalidChange:
        return 0
