"""Patterns for paths, as ``.dockerignore`` and ``.gitignore`` have them.

``*`` and ``?`` stay within one name, ``**`` stands for any number of directories.
A pattern without a slash is for a name in any directory, one with a slash is
counted from the root. What matches a directory matches all below it.
"""

import re
from functools import lru_cache

LONGEST = 1000
PIECE = re.compile(rb"\*+|\?|\[!?\]?[^]/]*\]|[^*?[]+|\[", re.DOTALL)


class InvalidGlob(ValueError):
    """The text is no pattern. The message says why."""


@lru_cache(256)
def compile_glob(text: str) -> re.Pattern[bytes]:
    r"""The pattern as a regular expression for :meth:`re.Pattern.match` of a clean path.

    Each ``*`` settles for the first place where what follows it fits, so that no
    pattern takes longer than the path is long.

    >>> bool(compile_glob("*.pyc").match(b"usr/lib/a.pyc")), bool(compile_glob("/a/**/z").match(b"a/b/c/z"))
    (True, True)
    >>> bool(compile_glob("/var/cache").match(b"var/cache/apt/x")), bool(compile_glob("/a*").match(b"b/a"))
    (True, False)
    """
    if not text.strip("/") or len(text) > LONGEST:
        raise InvalidGlob(f"A pattern for paths has 1 to {LONGEST} characters beside slashes.")
    raw = text.encode("utf-8", "surrogateescape")
    parts = [part for part in raw.split(b"/") if part not in (b"", b".")]
    if b".." in parts:
        raise InvalidGlob(f"The pattern {text!r} holds “..”, and no path in an image does.")
    if b"/" not in raw.rstrip(b"/"):
        parts.insert(0, b"**")
    return re.compile(b"(?s:%s)" % _runs(parts))


def _runs(parts: list[bytes]) -> bytes:
    """The names between two ``**`` stand beside each other."""
    runs: list[list[bytes]] = [[]]
    for part in parts:
        if part == b"**":
            runs.append([])
        else:
            runs[-1].append(part)
    first, *rest = [b"/".join(map(_name, run)) for run in runs]
    end = rb"(?=/|\Z)"
    if not rest:
        return first + end
    *middle, last = rest
    found = first + b"/" if first else b""
    found += b"".join(rb"(?>(?:[^/]+/)*?%s/)" % run for run in middle if run)
    return found + (rb"(?:[^/]+/)*%s" % last + end if last else b".")


def _name(part: bytes) -> bytes:
    """One name with its wildcards."""
    pieces: list[bytes] = PIECE.findall(part)
    stars = [at for at, piece in enumerate(pieces) if piece.startswith(b"*")]
    if not stars:
        return b"".join(map(_piece, pieces))
    found = b"".join(map(_piece, pieces[: stars[0]]))
    for star, following in zip(stars, [*stars[1:], len(pieces)], strict=True):
        fixed = b"".join(map(_piece, pieces[star + 1 : following]))
        is_last = following == len(pieces)
        found += rb"[^/]*%s" % fixed if is_last else rb"(?>[^/]*?%s)" % fixed
    return found


def _piece(piece: bytes) -> bytes:
    """Anything but a star."""
    if piece == b"?":
        return b"[^/]"
    if piece.startswith(b"[") and piece.endswith(b"]") and len(piece) > 2:
        inside = piece[1:-1]
        sign = b"^/" if inside.startswith(b"!") else b""
        members = inside.removeprefix(b"!").replace(b"\\", rb"\\").replace(b"[", rb"\[").replace(b"^", rb"\^")
        return b"[%s%s]" % (sign, members.replace(b"]", rb"\]"))
    return re.escape(piece)
