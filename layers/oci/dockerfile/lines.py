"""Dockerfile lines as instructions: comments out, continued lines joined, arguments in docker's forms."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from layers.oci.dockerfile.words import WHITESPACE, json_words, name_values, split_flags, white_words
from layers.oci.errors import InvalidChange

CONTINUED = re.compile(r"([^\\])\\[ \t]*$|^\\[ \t]*$")
COMMENT = re.compile(r"\s*#")
NO_INSTRUCTIONS = "file with no instructions"
MOST_NESTED = 100
WORDS = ("EXPOSE", "FROM")
PAIRS = ("ENV", "LABEL")
MAYBE_JSON = ("CMD", "ENTRYPOINT", "RUN", "SHELL")
MAYBE_JSON_LIST = ("VOLUME", "COPY", "ADD")
TEXTS = ("USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER")


class Instruction(NamedTuple):
    """One instruction: nothing expanded, nothing checked but its grammar."""

    name: str
    """In upper case."""
    flags: tuple[str, ...]
    args: tuple[str, ...]
    """Words or strings; for ENV and LABEL names and values by turns; for the shell form one text."""
    is_json: bool
    line: str


def parse_instructions(text: str) -> list[Instruction]:
    """What a Dockerfile's lines say.

    Raises:
        InvalidChange: docker's sentence, also where there is no instruction at all.
    """
    found = [parse_line(line) for _, line in numbered_lines(text)]
    if not found:
        raise InvalidChange(NO_INSTRUCTIONS)
    return found


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that count, each with those that continue it, and the number of its first one."""
    lines = iter(enumerate(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").split("\n"), 1))
    for number, first in lines:
        line, goes_on = _continued("" if COMMENT.match(first) else first.lstrip().removesuffix("\r"))
        while goes_on and (following := next(lines, None)) is not None:
            more = following[1]
            if COMMENT.match(more) or not more.strip():
                continue
            more, goes_on = _continued(more.removesuffix("\r"))
            line += more
        if line.strip():
            yield number, line


def _continued(line: str) -> tuple[str, bool]:
    """The line without the sign that the next one continues it, and whether it had one."""
    match = CONTINUED.search(line)
    return (line[: match.start()] + (match[1] or ""), True) if match else (line, False)


def parse_line(line: str, depth: int = 0) -> Instruction:
    """One instruction."""
    command, *rest = WHITESPACE.split(line.strip(), maxsplit=1)
    flags, text = split_flags(rest[0].strip()) if rest else ([], "")
    name = command.upper()
    args, is_json = _arguments(name, text.strip(), depth)
    return Instruction(name, tuple(flags), args, is_json, line)


def _arguments(name: str, text: str, depth: int) -> tuple[tuple[str, ...], bool]:
    """The arguments, and whether they came as JSON."""
    if name == "ONBUILD":
        return _subcommand(text, depth), False
    if name == "HEALTHCHECK":
        kind, *command = text.split(maxsplit=1)[:2] or ("",)
        args, is_json = _maybe_json(command[0]) if command else ((), False)
        return ((kind, *args) if kind else ()), is_json
    if name in MAYBE_JSON:
        return _maybe_json(text)
    if name in MAYBE_JSON_LIST:
        strings = json_words(text)
        return (white_words(text), False) if strings is None else (strings, True)
    if name in PAIRS:
        return name_values(text, name), False
    if name in WORDS:
        return white_words(text), False
    return ((text,) if text and name in TEXTS else ()), False


def _maybe_json(text: str) -> tuple[tuple[str, ...], bool]:
    strings = json_words(text)
    return ((text,) if text else (), False) if strings is None else (strings, True)


def _subcommand(text: str, depth: int) -> tuple[str, ...]:
    """The name of the instruction that ONBUILD keeps; its own arguments are held against its grammar."""
    if not text or depth > MOST_NESTED:
        return ()
    child = parse_line(text, depth + 1)
    return (child.name, *child.args)
