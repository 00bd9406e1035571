"""An installed package, as the database of its package manager spells it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LONGEST_TEXT: Final = 400
"""Characters of a field; names of packages are far shorter, licences are cut here."""
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")
HALVES: Final = re.compile("[\ud800-\udfff]")

ReadAt = Callable[[int, int], bytes]
"""Up to so many bytes of a file, by offset and size: fewer only at its end."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package; texts as they came, cut and on one line, empty where missing."""

    type: str
    """As in a package URL: ``deb``, ``apk``, ``rpm``, ``pypi``, ``npm``, ``gem``, ``golang``, ``cargo``."""
    name: str
    version: str
    arch: str = ""
    source: str = ""
    """What it was built from, in its package manager's words."""
    licence: str = ""
    path: bytes = b""
    """The file that says that it is there."""


def field(value: object) -> str:
    """A value of a stranger's database as one line of storable text; nothing for what is no text.

    >>> field(b"caf\\xe9\\n GPL"), field(7), field("a\\0b")
    ('caf\ufffd GPL', '', 'a b')
    """
    if isinstance(value, bytes):
        value = value[: 4 * LONGEST_TEXT].decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    text = HALVES.sub("\N{REPLACEMENT CHARACTER}", value[:LONGEST_TEXT])
    return CONTROLS.sub(" ", text).strip()
