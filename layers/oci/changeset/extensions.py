"""Extension headers: what stands in front of a member and says more of it than its header can.

PAX ``x`` (and Solaris ``X``), PAX global ``g``, GNU ``L`` and ``K``.
"""

from layers.oci.changeset import pax
from layers.oci.changeset.header import BLOCK, Header
from layers.oci.changeset.stream import Source
from layers.oci.errors import LimitExceeded, MalformedLayer, shown
from layers.oci.limits import Limits

EXTENSIONS = (b"x", b"g", b"L", b"K", b"X")


class Extensions:
    """What the extension headers in front of a member say of it."""

    __slots__ = ("linkname", "name", "records", "run")

    def __init__(self) -> None:
        self.name: bytes | None = None
        self.linkname: bytes | None = None
        self.records: list[tuple[bytes, bytes]] = []
        self.run = 0

    def read(self, header: Header, stream: Source, limits: Limits, notes: list[tuple[bytes, str]]) -> None:
        """Take one extension header's body off the stream."""
        at = stream.offset - BLOCK
        self.run += 1
        if self.run > limits.extension_run:
            raise LimitExceeded("extension_run", limits.extension_run, self.run, f"tar header at byte {at}")
        if not 0 <= header.size <= limits.extension_size:
            raise LimitExceeded(
                "extension_size", limits.extension_size, header.size, f"tar header at byte {at}"
            )
        body = take_padded(stream, header.size)
        if header.type == b"L":
            self.name = body.partition(b"\0")[0]
        elif header.type == b"K":
            self.linkname = body.partition(b"\0")[0]
        elif header.type == b"g":
            keys = b", ".join(key for key, _ in pax.parse_records(body, at))
            notes.append((b"", f"PAX global header at byte {at} ({shown(keys)}): engines do not apply it"))
        else:
            self.records += pax.parse_records(body, at)


def take_padded(stream: Source, size: int) -> bytes:
    """``size`` bytes and the padding to the next block."""
    body = stream.take(size)
    padding = -size % BLOCK
    if len(body) < size or len(stream.take(padding)) < padding:
        raise MalformedLayer(f"The tar ends at byte {stream.offset}, inside an extension header.")
    return body
