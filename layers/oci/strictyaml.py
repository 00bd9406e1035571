"""YAML as far as a short file of settings needs it, and nothing beyond.

Mappings and lists by indentation, plain and quoted scalars on one line, comments.
Every scalar is text. Anchors, tags, flow collections, block scalars and several
documents are refused, with the line they stand in: what two parsers could read
differently is not read at all.
"""

import re
from typing import NamedTuple

from layers.oci.errors import shown

Value = str | list[str] | dict[str, "Value"]

DEEPEST = 4
KEY = re.compile(r"([A-Za-z_][\w.-]*) *:(?: +(.*))?\Z")
QUOTED = re.compile(r"\"((?:[^\"\\]|\\[\"\\])*)\"(?: +#.*)?\Z|'((?:[^']|'')*)'(?: +#.*)?\Z")
COMMENT = re.compile(r"(?:^| +)#.*")
SIGNS = tuple("[]{}&*!|>%@`?,\"'#")
"""What a plain scalar cannot begin with."""


class InvalidYaml(ValueError):
    """The text is not what is read here. The message names the line."""


class Line(NamedTuple):
    """A line that is no comment."""

    number: int
    indent: int
    text: str


def parse_yaml(text: str) -> dict[str, Value]:
    """The mapping that the text is.

    >>> parse_yaml("rules:  # of dive\\n  lowestEfficiency: 0.95\\n  paths:\\n  - '*.pyc'\\n")
    {'rules': {'lowestEfficiency': '0.95', 'paths': ['*.pyc']}}

    Raises:
        InvalidYaml
    """
    lines = _lines(text)
    if not lines:
        return {}
    value, rest = _block(lines, 0)
    if rest:
        raise _refusal(rest[0], "is indented less than the line that it should stand below")
    if not isinstance(value, dict):
        raise _refusal(lines[0], "begins a list: a mapping of “key: value” is expected")
    return value


def _lines(text: str) -> list[Line]:
    found: list[Line] = []
    for number, raw in enumerate(text.splitlines(), 1):
        content = raw.rstrip()
        bare = content.lstrip(" ")
        if not bare or bare.startswith("#") or (content == "---" and not found):
            continue
        line = Line(number, len(content) - len(bare), bare)
        if bare.startswith("\t"):
            raise _refusal(line, "is indented with a tab: YAML takes spaces")
        found.append(line)
    return found


def _block(lines: list[Line], depth: int) -> tuple[Value, list[Line]]:
    """What the lines begin with, and the lines after it."""
    if depth > DEEPEST:
        raise _refusal(lines[0], f"lies more than {DEEPEST} levels deep")
    return _list(lines) if _is_item(lines[0]) else _mapping(lines, depth)


def _is_item(line: Line) -> bool:
    return line.text == "-" or line.text.startswith("- ")


def _list(lines: list[Line]) -> tuple[Value, list[Line]]:
    indent, items = lines[0].indent, []
    while lines and lines[0].indent == indent and _is_item(lines[0]):
        items.append(_scalar(lines[0], lines[0].text[1:].strip()))
        lines = lines[1:]
    if lines and lines[0].indent > indent:
        raise _refusal(lines[0], "continues an item of a list: write it on one line")
    return items, lines


def _mapping(lines: list[Line], depth: int) -> tuple[Value, list[Line]]:
    indent = lines[0].indent
    found: dict[str, Value] = {}
    while lines and lines[0].indent == indent and not _is_item(lines[0]):
        line, lines = lines[0], lines[1:]
        match = KEY.match(line.text)
        if match is None:
            raise _refusal(line, "is no “key: value”")
        key, text = match[1], (match[2] or "").strip()
        if key in found:
            raise _refusal(line, f"has the key {key} a second time")
        if COMMENT.sub("", text):
            found[key] = _scalar(line, text)
        elif lines and (lines[0].indent > indent or (lines[0].indent == indent and _is_item(lines[0]))):
            found[key], lines = _block(lines, depth + 1)
        else:
            found[key] = ""
    if lines and lines[0].indent > indent:
        raise _refusal(lines[0], "is indented more than the lines above it")
    return found, lines


def _scalar(line: Line, text: str) -> str:
    """A value on its line, a comment behind it left out."""
    if text[:1] in ("'", '"'):
        match = QUOTED.match(text)
        if match is None:
            raise _refusal(line, "has a quoted value that does not end, or goes on behind its end")
        return re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2].replace("''", "'")
    plain = COMMENT.sub("", text)
    if not plain:
        raise _refusal(line, "has no value")
    if plain[0] == "[":
        raise _refusal(
            line, f"begins its value with {shown(plain[0])}: put each value on a line of its own, behind “- ”"
        )
    if plain.startswith(SIGNS) or plain.startswith(("- ", ": ")):
        raise _refusal(line, f"begins its value with {shown(plain[0])}: put it in quotes")
    if ": " in plain or plain.endswith(":"):
        raise _refusal(line, "has a colon in its value: put it in quotes")
    return plain


def _refusal(line: Line, why: str) -> InvalidYaml:
    return InvalidYaml(f"Line {line.number} {why}: {shown(line.text)}.")
