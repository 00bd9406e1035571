"""A row of a history as the instruction that made it, as far as its builder wrote that down."""

import re
from collections.abc import Sequence
from enum import Enum
from itertools import islice
from typing import Final, NamedTuple

from layers.oci.config import History

DEFAULT_SHELL: Final = ("/bin/sh", "-c")
BUILDKIT_COMMENT: Final = "buildkit.dockerfile.v0"
BUILDKIT_MARK: Final = " # buildkit"
INSTRUCTIONS: Final = frozenset(
    [
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER"),
        *("ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    ]
)
NOP: Final = " #(nop) "
"""What classic builders write behind the shell, and before an instruction that runs nothing."""
NOP_SHELL: Final = re.compile(r"(?:/\S+|powershell|cmd)(?: [/-]\S+)*", re.IGNORECASE)
WORD: Final = re.compile(r"([A-Z]+)\s+(.*)", re.DOTALL)
ARGS: Final = re.compile(r"\|(\d{1,4}) (.*)", re.DOTALL)
ARG_NAME: Final = re.compile(r"(?:^|(?<= ))([A-Za-z_]\w*)=")
SHELL_PREFIX: Final = re.compile(
    r"(?:/\S+|powershell|cmd)(?: (?:[/-]\S+|pipefail))* (?:-\w*c|/S /C|-Command) ", re.IGNORECASE
)
"""A shell with its flags, as SHELL might have set it."""
BUILDAH_FROM: Final = re.compile(r"FROM (\S+)")


class Origin(Enum):
    """How a row came to be."""

    CLASSIC = "classic"
    BUILDKIT = "buildkit"
    PLAIN = "plain"
    """An instruction without a builder's marks: kaniko, and steps of BuildKit that make no layer."""
    OTHER = "other"
    """A commit of a container, an import, or another tool."""


class Recorded(NamedTuple):
    """One row, read."""

    name: str
    """The instruction; empty where the row tells of none."""
    text: str
    """What stands behind it; for ``RUN`` without shell and build arguments; else the row as it is."""
    origin: Origin
    arguments: tuple[tuple[str, str], ...] = ()
    """Names and values of the build arguments that ``RUN`` was given."""
    is_exec: bool = False
    """A ``RUN`` that no shell carried out: its words are joined by spaces."""


def read_row(row: History, shell: Sequence[str] = DEFAULT_SHELL) -> Recorded:
    """The instruction of a row; ``shell`` is what SHELL has set by then.

    >>> read_row(History(created_by='/bin/sh -c #(nop)  CMD ["bash"]'))[:2]
    ('CMD', '["bash"]')
    >>> read_row(History(created_by="RUN |1 V=1 /bin/sh -c make $V # buildkit"))[:2]
    ('RUN', 'make $V')
    """
    text = row.created_by
    before, nop, said = text.partition(NOP)
    if nop and _is_shell(before):
        return _named(said.strip(), Origin.CLASSIC)
    marked = text.removesuffix(BUILDKIT_MARK)
    is_buildkit = marked != text or row.comment == BUILDKIT_COMMENT
    word = WORD.match(marked)
    if word and word[1] in INSTRUCTIONS:
        origin = Origin.BUILDKIT if is_buildkit else Origin.PLAIN
        return _run(word[2], shell, origin) if word[1] == "RUN" else _named(marked.strip(), origin)
    run = _run(text, shell, Origin.CLASSIC)
    return Recorded("", text, Origin.OTHER) if run.is_exec else run


def base_in_comment(row: History) -> str:
    """The base image that buildah notes with the first row of its own."""
    match = BUILDAH_FROM.fullmatch(row.comment.strip())
    return match[1] if match else ""


def _is_shell(text: str) -> bool:
    """Whether the text is a shell with flags; build arguments may stand before it."""
    start = text.rfind(" /") + 1 if text.startswith("|") else 0
    return NOP_SHELL.fullmatch(text, start) is not None


def _named(text: str, origin: Origin) -> Recorded:
    word = WORD.match(text)
    if word is None or word[1] not in INSTRUCTIONS:
        return Recorded("", text, Origin.OTHER)
    return Recorded(word[1], word[2], origin)


def _run(text: str, shell: Sequence[str], origin: Origin) -> Recorded:
    """A command, without the build arguments and the shell in front of it."""
    arguments: tuple[tuple[str, str], ...] = ()
    if match := ARGS.match(text):
        arguments, text = _arguments(int(match[1]), match[2], shell)
    for prefix in (" ".join(shell), " ".join(DEFAULT_SHELL)):
        if text.startswith(f"{prefix} "):
            return Recorded("RUN", text[len(prefix) + 1 :], origin, arguments)
    if match := SHELL_PREFIX.match(text):
        return Recorded("RUN", text[match.end() :], origin, arguments)
    # kaniko writes the line as it stands in the Dockerfile.
    return Recorded("RUN", text, origin, arguments, is_exec=origin is not Origin.PLAIN)


def _arguments(count: int, text: str, shell: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], str]:
    """``NAME=value`` so many times, and the command behind them; values may hold spaces."""
    starts = list(islice(ARG_NAME.finditer(text), count))
    if not starts or len(starts) < count:
        return (), text
    last = starts[-1]
    places = [text.find(f" {prefix} ", last.end()) for prefix in (" ".join(shell), " ".join(DEFAULT_SHELL))]
    end = min((place for place in places if place >= 0), default=-1)
    if end < 0:
        end = text.find(" ", last.end())
    end = len(text) if end < 0 else end
    ends = [match.start() - 1 for match in starts[1:]] + [end]
    pairs = tuple((match[1], text[match.end() : stop]) for match, stop in zip(starts, ends, strict=True))
    return pairs, text[end + 1 :]
