"""Words of a Dockerfile line: cut apart, quotes and escapes still on them.

The cutting is that of docker's own parser (buildkit ``frontend/dockerfile/parser``);
:mod:`layers.oci.dockerfile.expand` takes the quotes off later.
"""

import json
import re

from layers.oci.errors import InvalidChange

WHITESPACE = re.compile(r"[\t\v\f\r ]+")
ESCAPE = "\\"
NOT_STRINGS = "when using JSON array syntax, arrays must be comprised of strings only"


def split_words(text: str) -> list[str]:
    r"""The words of ``NAME=value NAME="two words"``; a space in quotes or behind an escape parts nothing.

    >>> split_words(r'a=1 b="x y" c=x\ y')
    ['a=1', 'b="x y"', 'c=x\\ y']
    """
    words: list[str] = []
    word, quote, started = "", "", False
    letters = iter(text)
    for letter in letters:
        if not quote and letter.isspace():
            if started:
                words.append(word)
            word, started = "", False
            continue
        started = True
        if letter == ESCAPE and quote != "'":
            following = next(letters, "")
            word += letter + following if following else ""
            continue
        word += letter
        if letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
    return [*words, word] if started and word else words


def split_flags(text: str) -> tuple[list[str], str]:
    """The ``--name=value`` words in front, without quotes, and what comes behind them.

    >>> split_flags("--interval=5s --retries=2 CMD true")
    (['--interval=5s', '--retries=2'], 'CMD true')
    """
    flags: list[str] = []
    at = 0
    while (at := len(text) - len(text[at:].lstrip())) < len(text) and text.startswith("--", at):
        at, word = _flag(text, at)
        if word == "--":
            return flags, text[at:].strip()
        flags.append(word)
    return flags, text[at:]


def _flag(text: str, at: int) -> tuple[int, str]:
    """One word from ``at``, its quotes off, and where it ends."""
    word, quote = "", ""
    while at < len(text) and (quote or not text[at].isspace()):
        letter = text[at]
        if letter == ESCAPE and at + 1 < len(text):
            at += 1
            word += text[at]
        elif letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        elif letter != ESCAPE:
            word += letter
        at += 1
    return at, word


def name_values(text: str, command: str) -> tuple[str, ...]:
    """Names and values by turns, of ``NAME=value …`` or of the old ``NAME value``.

    Raises:
        InvalidChange: docker's sentence for a word that is no pair.
    """
    words = split_words(text)
    if not words:
        return ()
    if "=" not in words[0]:
        parts = WHITESPACE.split(text, maxsplit=1)
        if len(parts) < 2:
            raise InvalidChange(f"{command} must have two arguments")
        return tuple(parts)
    found: list[str] = []
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise InvalidChange(
                f"Syntax error - can't find = in {quoted(word)}. Must be of the form: name=value"
            )
        found += [name, value]
    return tuple(found)


def json_words(text: str) -> tuple[str, ...] | None:
    """The strings of a JSON array; None where ``text`` is none. Docker ignores what follows the array.

    Raises:
        InvalidChange: an array that holds something else than strings.
    """
    text = text.lstrip()
    if not text.startswith("["):
        return None
    try:
        items, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(item, str) for item in items):
        raise InvalidChange(NOT_STRINGS)
    # Half of a surrogate pair is no text: Go puts U+FFFD in its place.
    return tuple(item.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for item in items)


def white_words(text: str) -> tuple[str, ...]:
    """The words between white space, whatever is quoted."""
    return tuple(WHITESPACE.split(text)) if text else ()


def quoted(text: str) -> str:
    """``text`` in quotes as Go's ``%q`` prints what is printable."""
    return json.dumps(text, ensure_ascii=False)
