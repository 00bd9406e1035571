"""Instructions of a history spelled as Dockerfile lines: quotes put back, lists as JSON."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from layers.oci.config import pairs, texts
from layers.oci.dockerfile.gotext import bare_list, health_of, port_words, quoted_list
from layers.oci.dockerfile.recorded import DEFAULT_SHELL, Recorded
from layers.oci.dockerfile.spell import (
    SIMPLE_NAME,
    quote,
    spell_health,
    spell_text,
    spell_volumes,
    spell_words,
)
from layers.oci.errors import InvalidChange

QUOTES_LOST: Final = "quotes are not recorded: where a value ends is a guess"
LIST_LOST: Final = "how the words were parted is not recorded"
EXEC_LOST: Final = "no shell ran it: how its words were parted is not recorded"
NOT_OWN: Final = "a trigger of an image below, which this one does not have"
NOT_A_LINE: Final = "no Dockerfile line can hold this"
PAIR: Final = re.compile(r"(?:^| )([^\s=]+)=")
CONTINUED: Final = " \\\n    "
HEREDOC: Final = re.compile(r"<<-?\s*[\"']?(\w+)")


class Spelled(NamedTuple):
    """A line, and what is guessed about it; empty where nothing is."""

    text: str
    guess: str = ""


class Known(NamedTuple):
    """What the finished config says, by which ambiguous rows are read."""

    environment: Mapping[str, str]
    labels: Mapping[str, str]
    volumes: Collection[str]
    shell: Sequence[str]
    triggers: Sequence[str]

    @classmethod
    def of(cls, runtime: Mapping[str, object]) -> "Known":
        """From the ``config`` object of an image."""
        env = (line.partition("=") for line in texts(runtime.get("Env")))
        return cls(
            {name: value for name, _, value in env},
            dict(pairs(runtime.get("Labels"))),
            [name for name, _ in pairs(runtime.get("Volumes"))],
            texts(runtime.get("Shell")),
            texts(runtime.get("OnBuild")),
        )


def respell(row: Recorded, known: Known, shell: Sequence[str] = DEFAULT_SHELL) -> Spelled:
    """The line of an instruction that needs no files; ``shell`` is the one that SHELL has set by then."""
    try:
        return _respell(row, known, shell)
    except InvalidChange:
        return Spelled(commented(f"{row.name} {row.text}"), NOT_A_LINE)


def _respell(row: Recorded, known: Known, shell: Sequence[str]) -> Spelled:
    name, text = row.name, row.text.strip()
    if name in ("CMD", "ENTRYPOINT"):
        return Spelled(_command(name, text, shell))
    if name in ("ENV", "LABEL", "ARG"):
        return _pairs(name, text, known.labels if name == "LABEL" else known.environment)
    if name == "EXPOSE":
        return Spelled(f"EXPOSE {' '.join(port_words(text))}")
    if name == "VOLUME":
        words = bare_list(text, known.volumes) if '"' not in text else quoted_list(text)
        return Spelled(spell_volumes(words if words is not None else text.split()))
    if name == "SHELL":
        return _shell(text, known.shell)
    if name == "HEALTHCHECK":
        health = health_of(text)
        return Spelled(spell_health(health) if health is not None else f"HEALTHCHECK {one(text)}")
    if name == "ONBUILD" and text not in known.triggers:
        return Spelled(commented(f"ONBUILD {text}"), NOT_OWN)
    if name in ("USER", "WORKDIR", "STOPSIGNAL"):
        return Spelled(spell_text(name, text))
    return Spelled(f"{name} {one(text)}")


def shell_of(spelled: Spelled) -> Sequence[str]:
    """The words of a SHELL line."""
    words = quoted_list(spelled.text.partition(" ")[2])
    return words or DEFAULT_SHELL


def _command(name: str, text: str, shell: Sequence[str]) -> str:
    """CMD or ENTRYPOINT: what the shell is given as the line that it was."""
    words = quoted_list(text)
    if words is None:
        return f"{name} {one(text)}"
    inner = words[-1] if words else ""
    is_plain = inner and inner == inner.strip() and not inner.startswith("[") and "\n" not in inner
    if words[:-1] == list(shell) and is_plain and not inner.endswith("\\"):
        return f"{name} {inner}"
    return spell_words(name, words)


def _pairs(name: str, text: str, known: Mapping[str, str]) -> Spelled:
    """ENV, LABEL or ARG, each value in quotes where it needs some."""
    found = split_pairs(text, known)
    if not found:
        return Spelled(f"{name} {one(text)}")
    words = [f"{_name(key)}={quote(value)}" if sign else key for key, sign, value in found]
    is_sure = len(found) == 1 or all(known.get(key) == value or " " not in value for key, _, value in found)
    return Spelled(f"{name} {' '.join(words)}", "" if is_sure else QUOTES_LOST)


def _name(name: str) -> str:
    return name if SIMPLE_NAME.fullmatch(name) else quote(name)


def split_pairs(text: str, known: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Name, sign and value of each pair; a value that is ``known`` ends where it is known to.

    >>> split_pairs("A=two words B=1", {})
    [('A', '=', 'two words'), ('B', '=', '1')]
    >>> split_pairs("A=x B=1 C=2", {"A": "x B=1"})
    [('A', '=', 'x B=1'), ('C', '=', '2')]
    """
    found: list[tuple[str, str, str]] = []
    starts = list(PAIR.finditer(text))
    if not starts or starts[0].start():
        return [(text, "", "")] if text and " " not in text else []
    at = 0
    while at < len(starts):
        name, begin = starts[at][1], starts[at].end()
        value = known.get(name)
        end = begin + len(value) if value is not None and text.startswith(value, begin) else -1
        following = next((n for n in range(at + 1, len(starts)) if starts[n].start() >= end), len(starts))
        if end < 0 or (end != len(text) and (following == len(starts) or starts[following].start() != end)):
            following = at + 1
        stop = starts[following].start() if following < len(starts) else len(text)
        found.append((name, "=", text[begin:stop]))
        at = following
    return found


def _shell(text: str, known: Sequence[str]) -> Spelled:
    words = quoted_list(text) if '"' in text else None
    if words:
        return Spelled(spell_words("SHELL", words))
    if text == f"[{' '.join(known)}]":
        return Spelled(spell_words("SHELL", known))
    return Spelled(spell_words("SHELL", bare_list(text) or text.split()), LIST_LOST)


def respell_run(row: Recorded) -> Spelled:
    """RUN: as written where that is known, on several lines where it was."""
    if row.is_exec:
        return Spelled(spell_words("RUN", row.text.split(" ")), EXEC_LOST)
    text = row.text.strip("\n")
    if "\n" not in text:
        return Spelled(f"RUN {unfolded(text)}")
    if HEREDOC.search(text.partition("\n")[0]):
        return Spelled(f"RUN {text}")
    mark = "EOF"
    while mark in text.split("\n"):
        mark += "_"
    return Spelled(f"RUN <<{mark}\n{text}\n{mark}")


def unfolded(text: str) -> str:
    """A command on as many lines as it was written: builders join them, and keep the spaces in front.

    >>> print(unfolded("set -x     && make 'a   b'  	&& rm x"))
    set -x \\
        && make 'a   b' \\
        && rm x
    """
    found: list[str] = []
    quoting, at = "", 0
    while at < len(text):
        letter = text[at]
        end = at + 1
        if letter == "\\" and quoting != "'":
            end = at + 2
        elif letter == quoting:
            quoting = ""
        elif not quoting and letter in "'\"":
            quoting = letter
        elif not quoting and letter in " \t":
            end = len(text) - len(text[at:].lstrip(" \t"))
            found.append(CONTINUED if end - at > 1 and end < len(text) else text[at:end])
            at = end
            continue
        found.append(text[at:end])
        at = end
    return "".join(found)


def commented(text: str) -> str:
    """Lines that a builder passes over."""
    return "\n".join(f"# {line}" for line in text.splitlines() or [""])


def one(text: str) -> str:
    """The text, if it is one line."""
    if "\n" in text or "\r" in text:
        raise InvalidChange(NOT_A_LINE)
    return text
