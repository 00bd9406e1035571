"""Whether a value may be a secret at all: placeholders, variables and plain words are none."""

import math
import re
from collections import Counter
from typing import Final

PLACEHOLDER: Final = re.compile(
    rb"(?:your|my|some|any|the|new|old|user|fake|dummy|sample|example|test|changeme|change_me|placeholder|todo"
    rb"|redacted|removed|hidden|none|null|nil|true|false|undefined|default|optional|required|string|secret"
    rb"|password|passwd|pass|token|key|value|foo|bar|baz|qux|xxx+|\.\.\.+|\*\*\*+|---+|___+|0+|1234\d*)"
    rb"(?:[-_ .]?(?:password|passwd|pass|secret|token|api|key|value|here|name|string|1|123|1234)){0,3}",
    re.IGNORECASE,
)
"""The whole value is a word that stands for one."""
VARIABLE: Final = re.compile(
    rb"[$%@|]|\{\{|^(?:pass|file|env|fd|vault|ssm|arn|ref|secret)s?:|<[\w -]*>|\[[\w -]*\]|^[({/.~]|\)$"
    rb"|^(?:env|os|process|self|this|config|settings)\b[.\[(]",
    re.IGNORECASE,
)
"""The value is told elsewhere: by a variable, a template, a file, a call."""
SECRET_NAME: Final = re.compile(
    r"passw|passphrase|secret|token|credential|(?:api|access|private|auth|signing|encryption|master)[_.-]?key"
    r"|(?:^|[_.-])(?:pwd|pass)$|rediscli_auth",
    re.IGNORECASE,
)
"""Names of variables, labels and fields whose values should not be read over a shoulder."""
NO_VALUES: Final = ("", "0", "1", "yes", "no", "true", "false", "none", "null")
"""What a variable about passwords may say without being one."""
REPEATED: Final = re.compile(rb"(.)\1*", re.DOTALL)


def entropy(value: bytes) -> float:
    """Bits a character, by how often each occurs: 0 for one letter again and again, about 4 for random hex.

    >>> entropy(b"aaaa"), entropy(b"abcd")
    (0.0, 2.0)
    """
    total = len(value)
    return abs(sum(-n / total * math.log2(n / total) for n in Counter(value).values())) if total else 0.0


def is_placeholder(value: bytes) -> bool:
    """Whether the value stands for one that somebody else fills in.

    >>> [is_placeholder(value) for value in (b"changeme", b"${PASSWORD}", b"your-api-key", b"k3yT0Th3D00r")]
    [True, True, True, False]
    """
    return bool(
        len(set(value)) < 3
        or PLACEHOLDER.fullmatch(value)
        or VARIABLE.search(value)
        or b"EXAMPLE" in value.upper()
    )


def is_value(name: str, value: str) -> bool:
    """Whether a variable holds a secret itself, and not a switch or the place of one.

    >>> is_value("PASSWORD", "x1"), is_value("PASSWORD_FILE", "/run/pw"), is_value("EMPTY_PASSWORD", "yes")
    (True, False, False)
    """
    return value.lower() not in NO_VALUES and not name.upper().endswith("_FILE") and value[:1] not in "/$"


def is_guessable_secret(value: bytes) -> bool:
    """Whether a value behind a word such as ``password`` looks like one: no placeholder, no plain word."""
    if not 6 <= len(value) <= 200 or is_placeholder(value):
        return False
    kinds = sum(
        any(test(byte) for byte in value)
        for test in (_is_digit, _is_lower, _is_upper, lambda byte: not chr(byte).isalnum() and byte < 0x80)
    )
    return kinds >= 2 and entropy(value) >= 2.5


def _is_digit(byte: int) -> bool:
    return 0x30 <= byte <= 0x39


def _is_lower(byte: int) -> bool:
    return 0x61 <= byte <= 0x7A


def _is_upper(byte: int) -> bool:
    return 0x41 <= byte <= 0x5A
