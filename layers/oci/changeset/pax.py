"""PAX extended headers: records of ``LENGTH KEY=VALUE\\n`` (POSIX.1-2001 pax)."""

from layers.oci.changeset.header import LARGEST
from layers.oci.errors import MalformedLayer, shown

XATTR = b"SCHILY.xattr."
SPARSE = b"GNU.sparse."
NAMES = (b"path", b"linkpath", b"uname", b"gname", b"GNU.sparse.name")


def parse_records(body: bytes, where: int) -> list[tuple[bytes, bytes]]:
    """The records of an extended header, in order; ``where`` is its offset.

    Raises:
        MalformedLayer: a length that does not fit, or a NUL in a key or name.
    """
    records = []
    at = 0
    while at < len(body):
        blank = body.find(b" ", at, at + 20)
        digits = body[at:blank] if blank > at else b""
        end = at + int(digits) if digits.isdigit() else 0
        if not at < blank < end <= len(body) or body[end - 1] != 0x0A:
            raise MalformedLayer(f"The PAX header at byte {where} has a record whose length is wrong.")
        key, equals, value = body[blank + 1 : end - 1].partition(b"=")
        if not equals or not key or b"\0" in key or (key in NAMES and b"\0" in value):
            raise MalformedLayer(f"The PAX header at byte {where} has a malformed record {shown(key)}.")
        records.append((key, value))
        at = end
    return records


def integer(value: bytes, key: str) -> int:
    """A decimal PAX number of at most 63 bits, not signed."""
    if not value.isdigit() or len(value) > 19 or int(value) > LARGEST:
        raise MalformedLayer(f"The PAX record {key} holds {shown(value)}, which is no number of 63 bits.")
    return int(value)


def owner(value: bytes, key: str) -> int:
    """A PAX uid or gid; some writers give negative ones."""
    sign = -1 if value.startswith(b"-") else 1
    return sign * integer(value.removeprefix(b"-"), key)


def time(value: bytes) -> tuple[int, int]:
    """A PAX time as whole seconds, rounded down, and nanoseconds past them.

    >>> time(b"1600000000.25"), time(b"-1.5")
    ((1600000000, 250000000), (-2, 500000000))
    """
    whole, _, fraction = value.removeprefix(b"-").partition(b".")
    if fraction and not fraction.isdigit():
        raise MalformedLayer(f"The PAX record mtime holds {shown(value)}, which is no time.")
    seconds = integer(whole or b"0", "mtime")
    nanoseconds = int(fraction[:9].ljust(9, b"0"))
    if value.startswith(b"-"):
        return (-seconds - 1, 10**9 - nanoseconds) if nanoseconds else (-seconds, 0)
    return seconds, nanoseconds
