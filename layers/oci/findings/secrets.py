"""Where a text holds private keys, tokens and passwords."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from layers.oci.findings.rules import KEY, KEY_HEAD, SECRET_RULES, SecretRule
from layers.oci.findings.values import entropy, is_guessable_secret, is_placeholder

MOST_MATCHES: Final = 50
"""Of one rule in one file."""
ESCAPED: Final = re.compile(rb"%[0-9A-Fa-f]{2}")
"""A character as addresses spell those that mean something there."""


class SecretMatch(NamedTuple):
    """Where a secret is."""

    rule: SecretRule
    offset: int
    size: int


def find_secrets(data: bytes, *, is_settings: bool = False) -> Iterator[SecretMatch]:
    """The secrets in a text, rule by rule; ``is_settings`` for a file in which programs keep settings.

    >>> [match.rule.name for match in find_secrets(b"-----BEGIN PRIVATE KEY-----")]
    []
    """
    lower = data.lower()
    told: list[tuple[int, int]] = []
    for rule in SECRET_RULES:
        text = lower if rule.pattern.flags & re.IGNORECASE else data
        if (rule.in_settings and not is_settings) or not any(word in text for word in rule.words):
            continue
        count = 0
        for match in rule.pattern.finditer(data):
            start, end = span_of(match)
            # The rules that know most come first.
            if counts(rule, data[start:end]) and not any(a < end and start < b for a, b in told):
                yield SecretMatch(rule, start, end - start)
                told.append((start, end))
                count += 1
            if count == MOST_MATCHES:
                break


def may_hold_secrets(data: bytes) -> bool:
    """A coarser look, before a commit: placeholders and the mere head of a key count too."""
    rules = [rule for rule in SECRET_RULES if not rule.in_settings]
    return KEY_HEAD.search(data) is not None or any(
        any(word in data for word in rule.words) and rule.pattern.search(data) for rule in rules
    )


def span_of(match: re.Match[bytes]) -> tuple[int, int]:
    """Where the secret of a match is: its first group that took part, else all of it."""
    return next(
        (match.span(n) for n in range(1, (match.re.groups or 0) + 1) if match[n] is not None), match.span()
    )


def counts(rule: SecretRule, value: bytes) -> bool:
    """Whether a match is more than a placeholder."""
    if rule.kind == KEY:
        return True
    if rule.name == "setting":
        return is_guessable_secret(value)
    if rule.name == "url-password":
        value = ESCAPED.sub(b"x", value)
    return not is_placeholder(value) and entropy(value) >= rule.least_entropy
