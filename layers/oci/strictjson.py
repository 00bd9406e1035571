"""JSON from strangers: one reading only, of bounded cost."""

import json
import math
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NoReturn

from layers.oci.errors import LimitExceeded, MalformedJSON, shown
from layers.oci.limits import Limits


class _Refused(Exception):
    """Carries a reason out of the parser's hooks, which do not know what they read."""


def loads(raw: bytes, where: str, limits: Limits) -> object:
    """The value that ``raw`` spells; ``where`` names the document in messages.

    Stricter than RFC 8259 where readers differ: UTF-8 without a mark, no key
    twice in one object, no NaN or Infinity, no lone surrogates.

    Raises:
        MalformedJSON: not such a document.
        LimitExceeded: json_size, json_depth, json_digits or json_string.
    """
    if len(raw) > limits.json_size:
        raise LimitExceeded("json_size", limits.json_size, len(raw), where)
    value = _parse(_text(raw, where), where, limits)
    _check(value, where, limits)
    return value


def _text(raw: bytes, where: str) -> str:
    if raw.startswith(BOM_UTF8):
        raise MalformedJSON(f"{where} starts with a byte order mark, which JSON has not.")
    if not raw.strip():
        raise MalformedJSON(f"{where} is empty: JSON was expected.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJSON(f"{where} is no JSON: byte {error.start} is not UTF-8.") from None


def _parse(text: str, where: str, limits: Limits) -> object:
    def integer(digits: str) -> int:
        count = len(digits.lstrip("-"))
        if count > limits.json_digits:
            raise LimitExceeded("json_digits", limits.json_digits, count, where)
        return int(digits)

    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except RecursionError:
        raise LimitExceeded("json_depth", limits.json_depth, "far more", where) from None
    except json.JSONDecodeError as error:
        reason = error.msg.lower().removesuffix(" starting at")
        raise MalformedJSON(f"{where} is no JSON: {reason} at character {error.pos}.") from None
    except _Refused as refusal:
        raise MalformedJSON(f"{where} {refusal}.") from None


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _Refused(f"holds the key {shown(counts.most_common(1)[0][0])} twice in one object")
    return members


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Refused(f"holds the number {shown(digits, 40)}, which is too large")
    return number


def _constant(name: str) -> NoReturn:
    raise _Refused(f"holds {name}, which is no JSON")


def _check(value: object, where: str, limits: Limits) -> None:
    """Hold depth and strings against the limits, level by level rather than by recursion."""
    level, depth = [value], 0
    while level:
        below: list[object] = []
        for item in level:
            if isinstance(item, str):
                _check_string(item, where, limits)
            elif isinstance(item, dict | list):
                below.extend(_children(item))
        containers = any(isinstance(item, dict | list) for item in level)
        depth += containers
        if depth > limits.json_depth:
            raise LimitExceeded("json_depth", limits.json_depth, "more", where)
        level = below


def _children(item: dict[str, object] | list[object]) -> Iterator[object]:
    if isinstance(item, list):
        return iter(item)
    return (part for pair in item.items() for part in pair)


def _check_string(text: str, where: str, limits: Limits) -> None:
    if len(text) > limits.json_string:
        raise LimitExceeded("json_string", limits.json_string, len(text), where)
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedJSON(f"{where} holds half a surrogate pair, which is no character: {shown(text, 40)}.")


def as_object(value: object, where: str) -> dict[str, object]:
    """``value`` if it is a JSON object. Raises MalformedJSON naming ``where``."""
    if not isinstance(value, dict):
        raise MalformedJSON(f"{where} is {kind(value)}, not an object.")
    return value


def as_list(value: object, where: str) -> list[object]:
    """``value`` if it is a JSON list; null is an empty one, as Go writes it."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedJSON(f"{where} is {kind(value)}, not a list.")
    return value


def as_text(value: object, where: str) -> str:
    """``value`` if it is a JSON string; null is an empty one."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedJSON(f"{where} is {kind(value)}, not a string.")
    return value


def kind(value: object) -> str:
    """What JSON calls the type of ``value``.

    >>> kind(None), kind([]), kind(1.5)
    ('null', 'a list', 'a number')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = ((str, "a string"), (int, "a number"), (float, "a number"), (list, "a list"))
    return next((name for type_, name in names if isinstance(value, type_)), "an object")
