"""Secrets in a text that is shown, covered: others may look at the same screen."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from layers.oci.findings.rules import KEY, SECRET_RULES
from layers.oci.findings.secrets import counts, span_of
from layers.oci.findings.values import SECRET_NAME, is_value

COVER: Final = "••••••"
LONGEST_VALUE: Final = 4000
NAMED: Final = re.compile(
    rb"(?<![\w.-])(?:(?:ENV|ARG|LABEL)\s{1,9}[\"']?([\w.-]{1,100})\s{1,9}"
    rb"|([\w.-]{1,100})(?:\\?[\"'])?\s{0,3}[=:]\s{0,3})(?=\S)"
)
"""What gives a name its value: ``NAME=``, and as Dockerfiles and JSON have it."""
VALUE: Final = re.compile(
    rb"\\?\"((?:[^\"\\\n]|\\[^\"\n]){1,%d})|'([^'\n]{1,%d})|([^\s\"'\\;&|)]{1,%d})"
    % (LONGEST_VALUE, LONGEST_VALUE, LONGEST_VALUE)
)
BEYOND: Final = re.compile(rb"[^\s\"';&|)]*")
"""What goes on where a value is longer than that."""
REST: Final = re.compile(rb"[\w.+/=-]*")
"""What a rule leaves of a value that is longer than it looks."""
LONGEST_KEPT: Final = 4096
"""Characters of a text whose covered form is kept."""


def covered(text: str) -> str:
    """The text with a cover in place of each secret that a rule knows, or whose name is one such as PASSWORD.

    >>> covered("RUN DB_PASSWORD=hunter2 ./migrate"), covered("ENV PASSWORD_FILE=/run/pw")
    ('RUN DB_PASSWORD=•••••• ./migrate', 'ENV PASSWORD_FILE=/run/pw')
    """
    return _kept(text) if len(text) <= LONGEST_KEPT else _cover(text)


def hides(text: str) -> bool:
    """Whether anything in the text is covered."""
    return covered(text) != text


def covered_value(name: str, text: str) -> str:
    """The value of a variable, a label or a field: covered whole where its name says so."""
    return COVER if SECRET_NAME.search(name) and is_value(name, text) else covered(text)


def covered_document(document: Any, name: str = "") -> Any:
    """A JSON document with its strings covered, each by the field it is in."""
    if isinstance(document, dict):
        return {key: covered_document(item, key) for key, item in document.items()}
    if isinstance(document, list):
        return [covered_document(item, name) for item in document]
    if not isinstance(document, str):
        return document
    if name == "Env":
        variable, separator, value = document.partition("=")
        return variable + separator + covered_value(variable, value)
    return covered_value(name, document)


def covered_json(text: str, name: str) -> str:
    """The value of a field as JSON, with its strings covered."""
    try:
        return json.dumps(covered_document(json.loads(text), name), ensure_ascii=False)
    except (ValueError, RecursionError):
        return covered(text)


@lru_cache(4096)
def _kept(text: str) -> str:
    return _cover(text)


def _cover(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    parts, at = [], 0
    for start, end in sorted([*_named(data), *_matches(data)]):
        if end > at:
            parts += [data[at:start], b"" if start < at else COVER.encode()]
            at = end
    return b"".join([*parts, data[at:]]).decode("utf-8", "surrogatepass")


def _named(data: bytes) -> Iterator[tuple[int, int]]:
    """Where values stand whose names say that they are secret."""
    at = 0
    for match in NAMED.finditer(data):
        name = (match[1] or match[2]).decode()
        if match.end() < at or not SECRET_NAME.search(name):
            continue
        value = VALUE.match(data, match.end())
        if value and is_value(name, value[value.lastindex or 0][:64].decode("utf-8", "replace")):
            start, end = value.span(value.lastindex or 0)
            at = _end(BEYOND, data, end) if end - start >= LONGEST_VALUE else end
            yield start, _character_end(data, at)


def _matches(data: bytes) -> Iterator[tuple[int, int]]:
    """Where secrets are that a rule knows, to the end of the word and of its last character."""
    lower = data.lower()
    for rule in SECRET_RULES:
        text = lower if rule.pattern.flags & re.IGNORECASE else data
        if not any(word in text for word in rule.words):
            continue
        for match in rule.pattern.finditer(data):
            start, end = span_of(match)
            if counts(rule, data[start:end]):
                yield start, _character_end(data, end if rule.kind == KEY else _end(REST, data, end))


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Where what the pattern matches from ``at`` on ends."""
    match = pattern.match(data, at)
    return match.end() if match else at


def _character_end(data: bytes, end: int) -> int:
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return end
