"""What is searched for: a test that a path passes or not, and the grams that it must have.

Text without wildcards is found anywhere in a path, as ``/usr/share`` is spelled
here. A glob means a whole path: without a slash the last name of it, with one
everything from the root; ``**`` stands for any directories. ASCII letters match
in either case.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Protocol

from layers.pathindex.postings import END
from layers.pathindex.tokens import Token, has_wildcards, tokens_of

NAMED, BELOW = 0, 1
"""A match that ends in the last name of the path, or one in its directory alone."""
LONGEST: Final = 1000
"""Characters of a pattern; no limit of an image lets a longer one be typed by hand."""

SLASH: Final = ord("/")
NAME: Final = rb"(?<=\0)/"
"""The start of a name, or of a directory, in the text of a block."""
ANYTHING: Final = rb"[^/\0]*"

NameTest = Callable[[bytes], int | None]
"""Tells a folded name's rank, ``NAMED`` or ``BELOW``; None where it does not match."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a path has if it matches with this rank: pieces of its name, and of its directory, folded."""

    rank: int
    name: tuple[bytes, ...]
    directory: tuple[bytes, ...]


class Pattern(Protocol):
    """A test of paths."""

    @property
    def plan(self) -> Sequence[Pieces]:
        """For each rank, in order, what to look up."""

    def candidates(self, text: bytes) -> Iterator[int]:
        """Where names start that may match as ``NAMED``, in the folded text of a block: at least all that do.

        It is a quick look before a close one.
        """

    def in_directory(self, directory: bytes) -> NameTest | None:
        """The test of the names in a directory, spelled and folded; None where none can match."""


def parse_pattern(text: str) -> Pattern | None:
    """The pattern that ``text`` means; None where it says nothing."""
    text = text.strip().replace("\0", "")[:LONGEST]
    if not text.strip("/"):
        return None
    return Glob(text) if has_wildcards(text) else Substring(tuple(tokens_of(text, is_glob=False)))


class Substring:
    """Text that stands anywhere in the path."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._expression = b"".join(token.expression for token in tokens)
        self._literal = _joined(tokens)
        self._ends_in_name = not (tokens[-1].literal or b"").endswith(b"/")
        self._spans = any(b"/" in (token.literal or b"") for token in tokens)

    @cached_property
    def plan(self) -> Sequence[Pieces]:
        runs = _runs(self._tokens)
        below = Pieces(BELOW, (), tuple(runs))
        if not self._ends_in_name:
            return [below]
        if not self._spans:
            return [Pieces(NAMED, tuple(runs), ()), below]
        last = max(at for at, run in enumerate(runs) if b"/" in run)
        head, _, tail = runs[last].rpartition(b"/")
        name = [b"/" + tail, *runs[last + 1 :]] if tail else runs[last + 1 :]
        return [Pieces(NAMED, tuple(name), (*runs[:last], head + b"/")), below]

    @cached_property
    def _search(self) -> Callable[..., "re.Match[bytes] | None"]:
        return re.compile(self._expression, re.DOTALL).search

    @cached_property
    def _at_end(self) -> Callable[[bytes], object]:
        return re.compile(self._expression + rb"[^/]*\Z", re.DOTALL).search

    def candidates(self, text: bytes) -> Iterator[int]:
        if not self._ends_in_name:
            return iter(())
        if self._spans:
            return (found.start() for found in self._named.finditer(text))
        return self._names_with(text)

    @cached_property
    def _named(self) -> re.Pattern[bytes]:
        """A name that goes on from the last slash as the text does."""
        tail = self._expression.rpartition(b"/")[2]
        return re.compile(NAME + tail, re.DOTALL)

    def _names_with(self, text: bytes) -> Iterator[int]:
        """Names in which the text stands."""
        at = self._next(text, 0)
        while at >= 0:
            end = text.index(b"\0", at)
            if text[end - 1] != SLASH:
                yield text.rfind(b"\0", 0, at) + 1
            at = self._next(text, end)

    def _next(self, text: bytes, start: int) -> int:
        if self._literal is not None:
            return text.find(self._literal, start)
        found = self._search(text, start)
        return -1 if found is None else found.start()

    def in_directory(self, directory: bytes) -> NameTest | None:
        rest = BELOW if self._search(directory) else None
        if not self._ends_in_name:
            return None if rest is None else lambda name: rest
        if self._spans:
            return lambda name: NAMED if self._at_end(directory + name) else rest
        literal = self._literal
        if literal is not None:
            return lambda name: NAMED if literal in name else rest
        return lambda name: NAMED if self._search(name) else rest


class Glob:
    """A pattern with wildcards, for a whole path or its last name."""

    def __init__(self, text: str) -> None:
        steps = [step for step in re.split(r"/+", text) if step]
        if "/" not in text:
            steps = ["**", *steps]
        self._steps = [None if step == "**" else tuple(tokens_of(step, is_glob=True)) for step in steps]
        self._tests = [None if step is None else _component(step) for step in self._steps]
        *above, _last = self._steps
        self._is_anywhere = above != [] and not any(above)
        self._depth = None if None in self._steps else len(self._steps)
        self._reached = lru_cache(64)(self._reach)

    @property
    def plan(self) -> Sequence[Pieces]:
        *above, last = self._steps
        directory = tuple(piece for step in above if step for piece in _anchored(step, b"/"))
        return [Pieces(NAMED, tuple(_anchored(last, END)) if last else (), directory)]

    def candidates(self, text: bytes) -> Iterator[int]:
        return (found.start() for found in self._named.finditer(text) if found.end() > found.start() + 1)

    @cached_property
    def _named(self) -> re.Pattern[bytes]:
        last = self._steps[-1]
        return re.compile(NAME + (ANYTHING if last is None else _expression(last)) + rb"(?=\0)", re.DOTALL)

    def in_directory(self, directory: bytes) -> NameTest | None:
        if self._depth is not None and directory.count(b"/") != self._depth:
            return None
        reached = self._reached(b"/" if self._is_anywhere else directory)
        end = len(self._tests)

        def test(name: bytes) -> int | None:
            return NAMED if end in self._step(reached, name) else None

        return test if reached else None

    def _reach(self, directory: bytes) -> frozenset[int]:
        """How many steps can be behind us once the directory is."""
        reached = self._open({0})
        for name in directory.split(b"/")[1:-1]:
            reached = self._step(reached, name)
        return reached

    def _step(self, reached: Iterable[int], name: bytes) -> frozenset[int]:
        ahead = set()
        for at in reached:
            if at == len(self._tests):
                continue
            test = self._tests[at]
            if test is None:
                ahead.add(at)
                if at == len(self._tests) - 1:
                    ahead.add(at + 1)
            elif test(name):
                ahead.add(at + 1)
        return self._open(ahead)

    def _open(self, reached: set[int]) -> frozenset[int]:
        """A ``**`` may stand for nothing, but at the end it stands for something."""
        found = set(reached)
        for at in range(len(self._tests) - 1):
            if at in found and self._tests[at] is None:
                found.add(at + 1)
        return frozenset(found)


def _component(tokens: Sequence[Token]) -> Callable[[bytes], object]:
    """The test of one name."""
    return re.compile(_expression(tokens), re.DOTALL).fullmatch


def _expression(tokens: Sequence[Token]) -> bytes:
    """One step of a glob. What stands between stars is taken where it first fits, so no name takes long."""
    parts: list[list[bytes]] = [[]]
    for token in tokens:
        if token.is_wild:
            parts.append([])
        else:
            parts[-1].append(token.expression)
    first, *others = (b"".join(part) for part in parts)
    if not others:
        return first
    *middle, last = others
    between = b"".join(b"(?>" + ANYTHING + b"?" + part + b")" for part in middle if part)
    return first + between + ANYTHING + last


def _joined(tokens: Iterable[Token]) -> bytes | None:
    """The bytes that the tokens can only be, if so."""
    literals = [token.literal for token in tokens]
    return None if None in literals else b"".join(literal for literal in literals if literal is not None)


def _runs(tokens: Iterable[Token]) -> list[bytes]:
    """What stands between the tokens that are not certain."""
    runs = [b""]
    for token in tokens:
        if token.literal is None:
            runs.append(b"")
        else:
            runs[-1] += token.literal
    return [run for run in runs if run]


def _anchored(tokens: Sequence[Token], end: bytes) -> list[bytes]:
    """The runs of one step of a glob, with what stands before and after a name."""
    around = [Token(b"", b"/"), *tokens, Token(b"", end)]
    return [run for run in _runs(around) if run not in (b"/", END)]
