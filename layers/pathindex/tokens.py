"""What a person typed, as pieces of bytes: names are bytes, and typing is text.

A page shows bytes that are no text, and characters that would not show, spelled
out: ``\\xff``, ``␛``, ``⟨U+202E⟩``. Typed or pasted back, such a spelling means
the byte or the character, and still what it literally says.
"""

import re
from dataclasses import dataclass
from typing import Final

CHARACTER: Final = rb"(?:[\x01-\x2e\x30-\xbf]|[\xc0-\xff][\x80-\xbf]*+)"
"""One character of a name, or a byte that is none."""
SPELLED: Final = re.compile(
    r"\\x(?P<octet>[0-9a-f]{2})|⟨U\+(?P<code>[0-9A-F]{4,6})⟩|(?P<picture>[\u2401-\u241f\u2421])|(?P<lost>\ufffd)"
    r"|\\(?P<plain>[*?\[\]\\])",
    re.IGNORECASE,
)
GLOB: Final = re.compile(r"(?P<many>\*+)|(?P<one>\?)|\[(?P<some>[!^]?\]?[^\]/]+|[!^]?\])\]")
LONE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Half a pair of surrogates, which stands for nothing."""
LOST: Final = rb"(?:\xef\xbf\xbd|[\x80-\xff])"
"""What ``docker diff`` prints for a byte that is not UTF-8."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of what was typed."""

    expression: bytes
    """Matches it, in lower case."""
    literal: bytes | None
    """The bytes, in lower case, where it can only be these."""
    is_wild: bool = False
    """A ``*``, which any number of characters match."""


def tokens_of(text: str, is_glob: bool) -> list[Token]:
    """The pieces of ``text``; with ``is_glob`` also ``*``, ``?`` and ``[…]``."""
    tokens: list[Token] = []
    plain: list[str] = []
    at = 0
    while at < len(text):
        match = SPELLED.match(text, at) or (GLOB.match(text, at) if is_glob else None)
        if match is None:
            plain.append(text[at])
            at += 1
            continue
        tokens += _literal("".join(plain))
        plain = []
        tokens.append(_glob(match) if match.re is GLOB else _spelled(match))
        at = match.end()
    return tokens + _literal("".join(plain))


def has_wildcards(text: str) -> bool:
    """Whether anything in ``text`` makes it a glob."""
    return GLOB.search(SPELLED.sub("", text)) is not None


def folded(text: str) -> bytes:
    """Text as bytes, ASCII letters in lower case; a byte that a shell handed over undecoded is itself."""
    return LONE.sub("?", text).encode("utf-8", "surrogateescape").lower()


def _literal(text: str) -> list[Token]:
    raw = folded(text)
    return [Token(re.escape(raw), raw)] if raw else []


def _spelled(match: re.Match[str]) -> Token:
    """A spelled-out byte or character: it, or the spelling."""
    written = folded(match[0])
    if match["lost"]:
        return Token(LOST, None)
    if match["octet"]:
        meant = bytes.fromhex(match["octet"]).lower()
    elif match["plain"]:
        meant = folded(match["plain"])
    elif match["code"]:
        code = int(match["code"], 16)
        meant = folded(chr(code)) if code < 0x110000 else written
    else:
        code = ord(match["picture"]) - 0x2400
        meant = bytes([0x7F if code == 0x21 else code])
    if meant in (b"/", b"\0") or meant == written:
        return Token(re.escape(written), written)
    return Token(b"(?:" + re.escape(meant) + b"|" + re.escape(written) + b")", None)


def _glob(match: re.Match[str]) -> Token:
    if match["many"]:
        return Token(CHARACTER + b"*", None, is_wild=True)
    return Token(CHARACTER if match["one"] else _class(match["some"]), None)


def _class(text: str) -> bytes:
    """A ``[…]`` as an expression; what is not ASCII in it stands for itself alone."""
    negated = len(text) > 1 and text[0] in "!^"
    text = text[1:] if negated else text
    choices = [re.escape(folded(character)) for character in text if not character.isascii()]
    inside = "".join(character for character in text if character.isascii())
    if inside:
        escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside).encode().lower()
        choices.append(b"[" + _ordered(escaped) + b"]")
    either = b"(?:" + b"|".join(choices) + b")"
    return b"(?!" + either + b")" + CHARACTER if negated else b"(?!/)" + either


def _ordered(inside: bytes) -> bytes:
    """A class whose ranges run forward; in one that runs backward the hyphen is a hyphen."""
    return re.sub(
        rb"(\\?.)-(\\?.)",
        lambda match: match[0] if match[1][-1:] <= match[2][-1:] else match[1] + rb"\-" + match[2],
        inside,
        flags=re.DOTALL,
    )
