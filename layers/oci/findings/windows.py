"""Secrets in a text of any length: it is read in windows that overlap, and each secret is told once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from layers.oci.findings.secrets import MOST_MATCHES, SecretMatch, find_secrets
from layers.oci.limits import KIB

AHEAD: Final = 64 * KIB
"""Bytes that are seen behind where a secret begins: more than any rule takes."""
BEHIND: Final = 4 * KIB
"""Bytes that are seen before it: the command or the name that a rule begins with."""


class Place(NamedTuple):
    """A secret in a text."""

    match: SecretMatch
    """Its offset counts from the beginning of the text."""
    line: int


def find_in_pieces(pieces: Iterable[bytes], *, is_settings: bool = False) -> Iterator[Place]:
    """The secrets of a text that comes in pieces, at most so many of each rule.

    >>> text = [b"x" * 70_000, b" api_key = k3yT0Th3", b"D00r! " + b"x" * 70_000]
    >>> [(place.match.offset, place.line) for place in find_in_pieces(text, is_settings=True)]
    [(70011, 1)]
    """
    window, start, asked, lines = b"", 0, 0, 1
    told: Counter[str] = Counter()
    for piece, is_last in _marked(pieces):
        window += piece
        end = start + len(window) - (0 if is_last else AHEAD)
        if end <= asked:
            continue
        for match in find_secrets(window, is_settings=is_settings):
            at = start + match.offset
            if asked <= at < end and told[match.rule.name] < MOST_MATCHES:
                told[match.rule.name] += 1
                line = lines + window.count(b"\n", 0, match.offset)
                yield Place(match._replace(offset=at), line)
        kept = max(start, end - BEHIND)
        lines += window.count(b"\n", 0, kept - start)
        window, start, asked = window[kept - start :], kept, end


def _marked(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each piece, and whether it is the last."""
    before: bytes | None = None
    for piece in pieces:
        if before is not None:
            yield before, False
        before = piece
    if before is not None:
        yield before, True
