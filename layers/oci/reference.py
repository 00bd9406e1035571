"""References: ``[domain/]repository[:tag][@digest]``, as docker reads and shows them."""

import re
from dataclasses import dataclass, replace
from typing import Final, Self

from layers.oci.digest import Digest, is_digest
from layers.oci.errors import InvalidReference, shown

DEFAULT_DOMAIN: Final = "docker.io"
LEGACY_DOMAIN: Final = "index.docker.io"
OFFICIAL: Final = "library/"
DEFAULT_TAG: Final = "latest"
LONGEST_NAME: Final = 255
LONGEST_TEXT: Final = 1024

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?")
PATH = re.compile(rf"{_PART}(?:/{_PART})*")
TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")
IDENTIFIER = re.compile(r"[a-f0-9]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A name for an image; ``domain`` and ``path`` are always in full.

    >>> reference = Reference.parse("nginx:1.27")
    >>> reference.full, reference.familiar
    ('docker.io/library/nginx:1.27', 'nginx:1.27')
    """

    domain: str
    path: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """What docker's ``ParseNormalizedNamed`` makes of ``text``. No tag is added.

        Raises:
            InvalidReference: with the rule that ``text`` breaks.
        """
        if len(text) > LONGEST_TEXT:
            raise InvalidReference(f"{shown(text, 60)} is no image name: it has {len(text)} characters.")
        rest, at, digest = text.partition("@")
        if at and not is_digest(digest):
            raise _invalid(text, f"{shown(digest, 80)} after the @ is no digest")
        domain, remainder = _split_domain(rest)
        path, colon, tag = remainder.partition(":")
        if domain == DEFAULT_DOMAIN and "/" not in path:
            path = OFFICIAL + path
        _check(text, domain, path, tag if colon else None)
        return cls(domain, path, tag if colon else None, Digest(digest) if at else None)

    @classmethod
    def parse_tag(cls, text: str) -> Self:
        """A name that an image can be given: ``docker tag``'s rules; without a tag it is ``latest``.

        Raises:
            InvalidReference: also for a digest, and for a name that reads as one.
        """
        reference = cls.parse(text)
        if reference.digest is not None:
            raise _invalid(text, "a digest cannot be given as a tag")
        if reference.familiar_repository in ("sha256", "sha512"):
            raise _invalid(text, "a digest algorithm as a name would be ambiguous")
        return reference.with_default_tag()

    def with_default_tag(self) -> Self:
        """This reference, with the tag ``latest`` if it has neither tag nor digest."""
        return self if self.tag or self.digest else replace(self, tag=DEFAULT_TAG)

    @property
    def repository(self) -> str:
        """The name in full: ``docker.io/library/nginx``."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar_repository(self) -> str:
        """The name as docker shows it: ``nginx``; in full where that would read as a name elsewhere.

        Docker shows ``docker.io/a.b/c`` as ``a.b/c``, which is one on the host ``a.b``.
        """
        if self.domain != DEFAULT_DOMAIN:
            return self.repository
        official = self.path.removeprefix(OFFICIAL)
        name = self.path if "/" in official else official
        return name if _split_domain(name) == (DEFAULT_DOMAIN, name) else self.repository

    @property
    def full(self) -> str:
        """Every part written out."""
        return self.repository + self._suffix

    @property
    def familiar(self) -> str:
        """As docker shows it."""
        return self.familiar_repository + self._suffix

    @property
    def _suffix(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return tag + (f"@{self.digest}" if self.digest else "")

    def __str__(self) -> str:
        return self.familiar


def _split_domain(text: str) -> tuple[str, str]:
    """A first part is a domain only if it could be no repository: with ``.`` or ``:``, or ``localhost``."""
    first, slash, rest = text.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return DEFAULT_DOMAIN, text
    return (DEFAULT_DOMAIN if first == LEGACY_DOMAIN else first), rest


def _check(text: str, domain: str, path: str, tag: str | None) -> None:
    if path != path.lower() and path.isascii():
        raise _invalid(text, "the repository must be lower-case")
    if not DOMAIN.fullmatch(domain):
        raise _invalid(text, f"{shown(domain, 60)} is no host name with an optional port")
    if not PATH.fullmatch(path):
        raise _invalid(text, "a repository is lower-case letters and digits, parted by . _ __ - or /")
    if tag is not None and not TAG.fullmatch(tag):
        raise _invalid(text, "a tag is 1 to 128 letters, digits, _ . or -, and starts with none of . -")
    if len(domain) + 1 + len(path) > LONGEST_NAME:
        raise _invalid(text, f"domain and repository have more than {LONGEST_NAME} characters")
    if domain == DEFAULT_DOMAIN and IDENTIFIER.fullmatch(path.removeprefix(OFFICIAL)):
        raise _invalid(text, "64 hex digits are an image ID, not a name")


def _invalid(text: str, reason: str) -> InvalidReference:
    return InvalidReference(f"{shown(text)} is no image name: {reason}.")
