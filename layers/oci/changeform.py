"""Changes to a config as a form has them: a field for each instruction, and the lines they come to.

A text is what would stand behind its instruction in a Dockerfile. Names and
values of variables and labels need no quotes; ``$NAME`` in them is put in, and
a dollar sign is written ``\\$``.
"""

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from layers.oci.changes import FORMS, PortBudget, Runtime, apply_changes, parse_changes
from layers.oci.dockerfile.expand import expand
from layers.oci.dockerfile.health import OPTIONS, parse_flags
from layers.oci.dockerfile.lines import CONTINUED, Instruction, numbered_lines, parse_line
from layers.oci.dockerfile.spell import one_line
from layers.oci.dockerfile.words import WHITESPACE, split_flags
from layers.oci.errors import InvalidChange, shown

PAIRS: Final = ("ENV", "LABEL")
LAST_COUNTS: Final = ("SHELL", "USER", "STOPSIGNAL", "ENTRYPOINT", "CMD")
ORDER: Final = (
    *("SHELL", "ENV", "LABEL", "EXPOSE", "VOLUME", "USER", "WORKDIR", "STOPSIGNAL"),
    *("HEALTHCHECK", "ONBUILD", "ENTRYPOINT", "CMD"),
)
"""What a line reads stands before it: the shell before the commands, variables before what names them."""
HEALTH_FLAGS: Final = (*OPTIONS, "retries")
NO_CHECK: Final = "NONE"
QUOTING: Final = re.compile(r"[\\\"']")
IN_QUOTES: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
SIMPLE: Final = re.compile(r"[\w.,:/@%+=${}-]+")
Key = TypeVar("Key", bound=Hashable)
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """What is filled in; an instruction that is not there, or is empty, changes nothing."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """By instruction; ONBUILD has a line for each trigger, HEALTHCHECK its command alone."""
    pairs: Mapping[str, tuple[Pair, ...]] = field(default_factory=dict)
    """Names and values, of ENV and LABEL."""
    health: Mapping[str, str] = field(default_factory=dict)
    """Options of HEALTHCHECK by flag."""
    no_check: bool = False
    """``HEALTHCHECK NONE``."""

    def lines(self) -> list[tuple[str, str]]:
        """The lines, each with the instruction it is of, in an order in which all of them can be read."""
        return [(name, line) for name in ORDER for line in self._lines(name)]

    def faults(self, runtime: Mapping[str, object]) -> dict[str, str]:
        """For each instruction the first thing that docker objects to; ``runtime`` is what is changed."""
        names = [(name, label) for name in PAIRS for label, _ in self.pairs.get(name, ())]
        odd = {
            name: f"{shown(label)} is no name for {name}: it has a '='."
            for name, label in names
            if "=" in label
        }
        return faults(self.lines(), runtime) | odd

    def _lines(self, name: str) -> Iterator[str]:
        text = self.texts.get(name, "").strip()
        if name in PAIRS:
            for label, value in self.pairs.get(name, ()):
                if label.strip() or value:
                    yield f"{name} {typed_word(label.strip())}={typed_word(value)}"
        elif name == "HEALTHCHECK":
            flags = " ".join(f"--{flag}={typed_word(value)}" for flag, value in self.health.items() if value)
            if self.no_check:
                yield f"{name} {NO_CHECK}"
            elif text or flags:
                yield f"{name} {flags} CMD {text}"
        elif text:
            yield from (f"{name} {part.strip()}" for part in text.split("\n") if part.strip())


def typed_word(text: str) -> str:
    """What somebody typed, as one word of a Dockerfile.

    >>> print(typed_word("/opt/bin:$PATH"), typed_word('say "hi" for 5\\\\$'))
    /opt/bin:$PATH "say \\"hi\\" for 5\\$"
    """
    if not text or SIMPLE.fullmatch(text):
        return text
    return '"' + re.sub(r'\\(?!\$)|"', r"\\\g<0>", text) + '"'


def as_typed(word: str, environment: Mapping[str, str]) -> str:
    """A word of a Dockerfile as one would type it: the reverse of :func:`typed_word`.

    Where no typing gives the same word, it is what the word comes to.
    """
    if not QUOTING.search(word):
        return word
    quoted = IN_QUOTES.fullmatch(word)
    typed = re.sub(r'\\(["\\])', r"\1", quoted[1]) if quoted else ""
    if quoted and typed_word(typed) in (word, typed):
        return typed
    return expand(word, environment).replace("$", "\\$")


def form_of(lines: Sequence[str], environment: Mapping[str, str]) -> ChangeForm:
    """The form that says what ``lines`` say; ``environment`` is that of the image.

    Raises:
        InvalidChange: a line that is none.
    """
    texts: dict[str, str] = {}
    pairs: dict[str, dict[str, str]] = {}
    health: dict[str, str] = {}
    no_check = False
    for _, line in numbered_lines("\n".join(lines)):
        read = parse_line(line)
        name, text = read.name, _behind(line)
        if name in PAIRS:
            words = [as_typed(word, environment) for word in read.args]
            pairs.setdefault(name, {}).update(zip(words[::2], words[1::2], strict=True))
        elif name == "HEALTHCHECK":
            no_check = read.args[0].upper() == NO_CHECK
            health = parse_flags(read.flags, HEALTH_FLAGS)
            texts[name] = _behind(split_flags(text)[1])
        elif name in LAST_COUNTS:
            texts[name] = text
        else:
            texts[name] = _together(read, texts.get(name, ""), text)
    return ChangeForm(texts, {name: tuple(found.items()) for name, found in pairs.items()}, health, no_check)


def _behind(line: str) -> str:
    """What comes after the first word."""
    return "".join(WHITESPACE.split(line.strip(), maxsplit=1)[1:])


def _together(read: Instruction, before: str, text: str) -> str:
    """Two lines of one instruction in one field."""
    if not before:
        return text
    if read.name == "ONBUILD":
        return f"{before}\n{text}"
    if read.name == "WORKDIR":
        return text if text.startswith(("/", '"', "'", "$")) else f"{before.rstrip('/')}/{text}"
    if read.name == "VOLUME":
        first = parse_line(f"VOLUME {before}").args
        return json.dumps([*first, *read.args], ensure_ascii=False)
    return f"{before} {text}"


def faults(lines: Iterable[tuple[Key, str]], runtime: Mapping[str, object]) -> dict[Key, str]:
    """For each key the first thing that docker objects to in its lines; ``runtime`` is what they change.

    A line that is refused changes nothing for those after it.
    """
    found: dict[Key, str] = {}
    state: Runtime = dict(runtime)
    ports = PortBudget()
    for key, line in lines:
        try:
            if "\0" in line:
                raise InvalidChange(f"{shown(line)} holds a NUL character, which nothing here may.")
            if CONTINUED.search(one_line(line)):
                raise InvalidChange(f"{shown(line)} ends in a backslash, which would swallow the next line.")
            state = apply_changes(state, parse_changes([line], allowed=FORMS), ports)
        except InvalidChange as error:
            found.setdefault(key, str(error))
    return found
