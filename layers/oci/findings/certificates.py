"""Certificates: whose they are and until when, read from their DER without checking anything."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from layers.oci.packages.package import field

PEM: Final = re.compile(
    rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]{40,65536})-----END "
    rb"(?:TRUSTED )?CERTIFICATE-----"
)
MOST: Final = 1000
"""Certificates of one file."""
SEQUENCE, SET, CONTEXT_0 = 0x30, 0x31, 0xA0
UTC_TIME, GENERAL_TIME = 0x17, 0x18
COMMON_NAME, ORGANIZATION, UNIT = b"\x55\x04\x03", b"\x55\x04\x0a", b"\x55\x04\x0b"
BMP_STRING: Final = 0x1E


class Certificate(NamedTuple):
    """What is told of one certificate."""

    subject: str
    """Its common name, else its organization; empty where it has neither."""
    expires: int
    """Seconds since 1970 up to which it is valid."""


class Element(NamedTuple):
    """One element of DER: what it is, and its bytes."""

    tag: int
    body: bytes


def read_certificates(data: bytes) -> Iterator[Certificate]:
    """Those in a file: PEM texts anywhere in it, or one in DER; what cannot be read is passed over."""
    found = [match[1] for _, match in zip(range(MOST), PEM.finditer(data), strict=False)]
    if not found and data[:1] == b"\x30":
        found = [None]
    for text in found:
        try:
            yield read_certificate(data if text is None else b64decode(text))
        except (ValueError, IndexError, Base64Error, OverflowError):
            continue


def read_certificate(der: bytes) -> Certificate:
    """Subject and end of validity of an X.509 certificate (RFC 5280, section 4.1).

    Raises:
        ValueError, IndexError: it is none.
    """
    whole = one(der, SEQUENCE)
    body = one(whole, SEQUENCE)
    parts = list(elements(body))
    # The version in front has a tag of its own, and may be missing.
    at = 1 if parts[0].tag == CONTEXT_0 else 0
    validity, subject = parts[at + 3], parts[at + 4]
    if validity.tag != SEQUENCE or subject.tag != SEQUENCE:
        raise ValueError("no certificate")
    times = list(elements(validity.body))
    return Certificate(_name(subject.body), _seconds(times[1]))


def elements(data: bytes) -> Iterator[Element]:
    """The elements that stand one after another. Raises ``ValueError``."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size >= 0x80:
            count = size & 0x7F
            if not 0 < count <= 4:
                raise ValueError("a length that DER does not have")
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            raise ValueError("an element that ends early")
        yield Element(tag, data[at : at + size])
        at += size


def one(data: bytes, tag: int) -> bytes:
    """The body of the first element, which has to be of that kind."""
    element = next(elements(data), None)
    if element is None or element.tag != tag:
        raise ValueError("no certificate")
    return element.body


def _name(subject: bytes) -> str:
    """The name that people call it by."""
    found: dict[bytes, str] = {}
    for relative in elements(subject):
        for pair in elements(relative.body):
            oid, value = list(elements(pair.body))[:2]
            encoding = "utf-16-be" if value.tag == BMP_STRING else "utf-8"
            found.setdefault(oid.body, field(value.body.decode(encoding, "replace")))
    return next((found[oid] for oid in (COMMON_NAME, ORGANIZATION, UNIT) if found.get(oid)), "")


def _seconds(time: Element) -> int:
    """``YYMMDDHHMMSSZ``, or with four digits of the year."""
    text = time.body.decode("ascii", "replace").rstrip("Z")
    if time.tag == UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif time.tag != GENERAL_TIME:
        raise ValueError("no time")
    return int(datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
