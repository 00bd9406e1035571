"""What is searched for: a test that a path passes or not, and the grams that it must have.

Text without wildcards is found anywhere in a path, as ``/usr/share`` is spelled
here. A glob means a whole path: without a slash the last name of it, with one
everything from the root; ``**`` stands for any directories. ASCII letters match
in either case.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Protocol

from layers.pathindex.postings import END
from layers.pathindex.tokens import Token, has_wildcards, tokens_of

NAMED, BELOW = 0, 1
"""A match that ends in the last name of the path, or one in its directory alone."""
LONGEST: Final = 1000
"""Characters of a pattern; no limit of an image lets a longer one be typed by hand."""

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

    def may_match(self, text: bytes) -> bool:
        """Whether a block with this text, folded, can have a match: a quick look before a close one."""

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
    def _found(self) -> Callable[[bytes], object]:
        return re.compile(self._expression, re.DOTALL).search

    @cached_property
    def _at_end(self) -> Callable[[bytes], object]:
        return re.compile(self._expression + rb"[^/]*\Z", re.DOTALL).search

    def may_match(self, text: bytes) -> bool:
        return self._spans or (
            self._literal in text if self._literal is not None else bool(self._found(text))
        )

    def in_directory(self, directory: bytes) -> NameTest | None:
        rest = BELOW if self._found(directory) else None
        if not self._ends_in_name:
            return None if rest is None else lambda name: rest
        if self._spans:
            return lambda name: NAMED if self._at_end(directory + name) else rest
        literal = self._literal
        if literal is not None:
            return lambda name: NAMED if literal in name else rest
        return lambda name: NAMED if self._found(name) else rest


class Glob:
    """A pattern with wildcards, for a whole path or its last name."""

    def __init__(self, text: str) -> None:
        steps = [step for step in re.split(r"/+", text) if step]
        if "/" not in text:
            steps = ["**", *steps]
        self._steps = [None if step == "**" else tuple(tokens_of(step, is_glob=True)) for step in steps]
        self._tests = [None if step is None else _component(step) for step in self._steps]
        self._reached = lru_cache(64)(self._reach)

    @property
    def plan(self) -> Sequence[Pieces]:
        *above, last = self._steps
        directory = tuple(piece for step in above if step for piece in _anchored(step, b"/"))
        return [Pieces(NAMED, tuple(_anchored(last, END)) if last else (), directory)]

    def may_match(self, text: bytes) -> bool:
        return True

    def in_directory(self, directory: bytes) -> NameTest | None:
        reached = self._reached(directory)
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
    """The test of one name. What stands between stars is taken where it first fits, so no name takes long."""
    parts: list[list[bytes]] = [[]]
    for token in tokens:
        if token.is_wild:
            parts.append([])
        else:
            parts[-1].append(token.expression)
    first, *others = (b"".join(part) for part in parts)
    if not others:
        return re.compile(first, re.DOTALL).fullmatch
    *middle, last = others
    between = b"".join(b"(?>.*?" + part + b")" for part in middle if part)
    return re.compile(first + between + b".*" + last, re.DOTALL).fullmatch


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
