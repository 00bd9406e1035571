"""Quotes taken off and ``$NAME`` put in: docker's small shell (buildkit ``frontend/dockerfile/shell``)."""

from collections.abc import Mapping
from string import ascii_letters, digits

from layers.oci.dockerfile.words import quoted
from layers.oci.errors import InvalidChange

NAME_LETTERS = frozenset(ascii_letters + digits + "_")
SPECIAL = "@*#?-$!0"
END = ""
MISSING_BRACE = "syntax error: missing '}'"


def expand(word: str, environment: Mapping[str, str]) -> str:
    """``word`` as the shell would pass it on, as one word.

    Raises:
        InvalidChange: an open quote or brace, a name that has to be set.

    >>> expand('"$HOME/x" \\'$HOME\\' ${NONE:-y}', {"HOME": "/root"})
    '/root/x $HOME y'
    """
    return "".join(text for text, _ in _pieces(word, environment))


def expand_words(word: str, environment: Mapping[str, str]) -> list[str]:
    """Like :func:`expand`, but spaces that no quotes hold part words: for ``EXPOSE $PORTS``."""
    words: list[str] = [""]
    for text, is_raw in _pieces(word, environment):
        if is_raw:
            words[-1] += text
            continue
        for letter in text:
            if letter.isspace():
                words.append("")
            else:
                words[-1] += letter
    return [word for word in words if word]


def _pieces(word: str, environment: Mapping[str, str]) -> list[tuple[str, bool]]:
    try:
        return _Shell(word, environment).pieces(END)
    except (InvalidChange, RecursionError) as error:
        reason = "too deep" if isinstance(error, RecursionError) else error
        raise InvalidChange(f"failed to process {quoted(word)}: {reason}") from None


class _Shell:
    def __init__(self, text: str, environment: Mapping[str, str]) -> None:
        self.text, self.environment = text, environment
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        letter = self.peek()
        self.at += 1
        return letter

    def pieces(self, stop: str) -> list[tuple[str, bool]]:
        """What comes before ``stop``; each piece with whether it was quoted or escaped."""
        found: list[tuple[str, bool]] = []
        while letter := self.next():
            if letter == stop:
                return found
            if letter == "'":
                found.append((self._single(), True))
            elif letter == '"':
                found.append((self._double(), True))
            elif letter == "$":
                found.append((self._dollar(), False))
            elif letter == "\\":
                found.append((self.next(), True))
            else:
                found.append((letter, False))
        if stop:
            raise InvalidChange(MISSING_BRACE)
        return found

    def _single(self) -> str:
        end = self.text.find("'", self.at)
        if end < 0:
            raise InvalidChange("unexpected end of statement while looking for matching single-quote")
        found, self.at = self.text[self.at : end], end + 1
        return found

    def _double(self) -> str:
        found = ""
        while (letter := self.next()) != '"':
            if not letter:
                raise InvalidChange("unexpected end of statement while looking for matching double-quote")
            if letter == "$":
                letter = self._dollar()
            elif letter == "\\" and (not self.peek() or self.peek() in '"$\\'):
                letter = self.next()
            found += letter
        return found

    def _dollar(self) -> str:
        if self.peek() != "{":
            name = self._name()
            return self.environment.get(name, "") if name else "$"
        self.at += 1
        if not self.peek():
            raise InvalidChange(MISSING_BRACE)
        if self.peek() in "{}:":
            raise InvalidChange("syntax error: bad substitution")
        name = self._name()
        operator = self.next()
        if operator == "}":
            return self.environment.get(name, "")
        if operator == ":":
            return self._modified(name, self.next(), self.environment.get(name) or None)
        if operator == "?":
            return self._modified(name, operator, self.environment.get(name))
        raise InvalidChange("missing ':' in substitution")

    def _modified(self, name: str, modifier: str, value: str | None) -> str:
        """``${name:-word}`` and its kin; ``value`` is None where it counts as missing."""
        word = "".join(text for text, _ in self.pieces("}"))
        if modifier == "-":
            return word if value is None else value
        if modifier == "+":
            return "" if value is None else word
        if modifier != "?":
            raise InvalidChange(f"unsupported modifier ({modifier}) in substitution")
        if value is None:
            state = "empty" if name in self.environment else "unset"
            raise InvalidChange(f"{name}: {word or f'is not allowed to be {state}'}")
        return value

    def _name(self) -> str:
        """The name at this place; what the shell names by one sign or by digits counts too."""
        start = self.at
        if self.peek() and self.peek() in SPECIAL:
            self.at += 1
        allowed = digits if self.peek().isdigit() else NAME_LETTERS
        while self.at == start or self.text[start] not in SPECIAL:
            if not self.peek() or self.peek() not in allowed:
                break
            self.at += 1
        return self.text[start : self.at]
