"""A digest: the name content has from its own bytes."""

import hashlib
import re
from typing import Any, Self

from layers.oci.errors import InvalidDigest, shown

GRAMMAR = re.compile(r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}")


def is_digest(text: object) -> bool:
    """Whether ``text`` is a digest of the two algorithms that image-spec registers."""
    return isinstance(text, str) and GRAMMAR.fullmatch(text) is not None


class Digest(str):
    """``sha256:`` and 64, or ``sha512:`` and 128, lower-case hex digits; nothing else can be made.

    It is text, so it goes into a database, a URL or a message as it stands.

    >>> Digest.of(b"").hex[:8]
    'e3b0c442'
    >>> Digest("sha256:../../etc/passwd")
    Traceback (most recent call last):
    layers.oci.errors.InvalidDigest: 'sha256:../../etc/passwd' is no digest, which is sha256: and 64, ...
    """

    __slots__ = ()

    def __new__(cls, text: object) -> Self:
        if not isinstance(text, str) or not is_digest(text):
            name = shown(text if isinstance(text, str) else repr(text), 80)
            rule = "sha256: and 64, or sha512: and 128, lower-case hex digits"
            raise InvalidDigest(f"{name} is no digest, which is {rule}.")
        return super().__new__(cls, text)

    @classmethod
    def parse(cls, text: object) -> Self:
        """The digest that ``text`` spells. Raises InvalidDigest."""
        return cls(text)

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The sha256 digest of ``data``."""
        return cls("sha256:" + hashlib.sha256(data).hexdigest())

    @property
    def algorithm(self) -> str:
        """``sha256`` or ``sha512``."""
        return self.partition(":")[0]

    @property
    def hex(self) -> str:
        """The digits alone."""
        return self.partition(":")[2]

    def hasher(self) -> Any:  # The hash objects of hashlib have no public type.
        """A new hash object of this digest's algorithm."""
        return hashlib.new(self.algorithm)

    def matches(self, data: bytes) -> bool:
        """Whether ``data`` has this digest."""
        return hashlib.new(self.algorithm, data).hexdigest() == self.hex
