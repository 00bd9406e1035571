"""Descriptors: content named by type, digest and size."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from layers.oci.digest import Digest
from layers.oci.errors import DigestMismatch, InvalidDigest, MalformedJSON, shown
from layers.oci.strictjson import as_list, as_object, as_text, kind

LARGEST_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on. ``str()`` joins the parts: ``linux/arm/v7``."""

    os: str = ""
    architecture: str = ""
    variant: str = ""

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """From the ``platform`` object of a descriptor. Raises MalformedJSON."""
        members = as_object(value, where)
        names = ("os", "architecture", "variant")
        return cls(*(as_text(members.get(name), f"{where}.{name}") for name in names))

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Image-spec descriptor.md; ``media_type`` is empty where none is given."""

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    """Where the content may also lie; kept to be shown, never fetched."""
    artifact_type: str = ""

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """From JSON.

        Raises:
            MalformedJSON, InvalidDigest: a field that is missing or wrong, by name.
            DigestMismatch: embedded ``data`` that is not what the digest names.
        """
        members = as_object(value, where)
        platform = members.get("platform")
        descriptor = cls(
            as_text(members.get("mediaType"), f"{where}.mediaType"),
            _digest(members.get("digest"), f"{where}.digest"),
            _size(members.get("size"), f"{where}.size"),
            None if platform is None else Platform.parse(platform, f"{where}.platform"),
            annotations_of(members, where),
            tuple(as_text(url, f"{where}.urls") for url in as_list(members.get("urls"), f"{where}.urls")),
            as_text(members.get("artifactType"), f"{where}.artifactType"),
        )
        if members.get("data") is not None:
            descriptor.check(_decoded(members["data"], f"{where}.data"), f"{where}.data")
        return descriptor

    def check(self, content: bytes, where: str) -> None:
        """Raises DigestMismatch unless ``content`` has this size and digest."""
        self.check_size(len(content), where)
        if not self.digest.matches(content):
            found = self.digest.hasher()
            found.update(content)
            raise DigestMismatch(
                f"{where} does not hash to its digest: expected {self.digest}, "
                f"found {self.digest.algorithm}:{found.hexdigest()}."
            )

    def check_size(self, size: int, where: str) -> None:
        """Raises DigestMismatch unless ``size`` is the one described, in bytes."""
        if size != self.size:
            raise DigestMismatch(
                f"{where} ({self.digest}) has the wrong size: expected {self.size} bytes, found {size}."
            )


def annotations_of(members: Mapping[str, object], where: str) -> Mapping[str, str]:
    """The ``annotations`` of a document or descriptor. Raises MalformedJSON unless text to text."""
    value = members.get("annotations")
    if value is None:
        return {}
    place = f"{where}.annotations"
    return {key: as_text(text, f"{place}[{shown(key, 60)}]") for key, text in as_object(value, place).items()}


def _digest(value: object, where: str) -> Digest:
    try:
        return Digest.parse(value)
    except InvalidDigest as error:
        raise InvalidDigest(f"{where}: {error}") from None


def _size(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise MalformedJSON(f"{where} is {kind(value)}, not a whole number of bytes.")
    if not 0 <= value <= LARGEST_SIZE:
        raise MalformedJSON(f"{where} is {value}: a size is 0 to 2^63 - 1 bytes.")
    return value


def _decoded(value: object, where: str) -> bytes:
    try:
        return base64.b64decode(as_text(value, where), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedJSON(f"{where} is not base64.") from None
