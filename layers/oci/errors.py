"""What can be wrong with an image: one exception a kind, messages fit to show.

Every message is one sentence that names what was found, where, and the rule
it breaks. Nothing in it comes unescaped from a file: callers format names with
:func:`shown`.
"""


def shown(name: bytes | str, limit: int = 120) -> str:
    """``name`` as printable text of at most ``limit`` characters, in quotes.

    >>> shown(b"etc/\\x1b[31m\\xff")
    "'etc/\\\\x1b[31m\\\\xff'"
    """
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return ascii(text).replace("\\udc", "\\x") if not text.isprintable() else f"'{text}'"


class OCIError(ValueError):
    """Anything the core refuses. ``str(error)`` is the sentence to show."""


class InvalidDigest(OCIError):
    """Text that is not ``sha256:`` and 64, or ``sha512:`` and 128, lower-case hex digits."""


class InvalidReference(OCIError):
    """Text that is no ``[domain/]repository[:tag][@digest]``."""


class MalformedJSON(OCIError):
    """A manifest, index or config that is no JSON, or not of the shape the spec gives."""


class UnsupportedArchive(OCIError):
    """A file that is no docker-archive, OCI layout or root filesystem tar."""


class MalformedArchive(OCIError):
    """An image archive with a missing, double or contradictory part."""


class MalformedLayer(OCIError):
    """A tar that ends early, or holds a header that breaks the format."""


class DigestMismatch(OCIError):
    """Bytes that do not hash to, or measure, what the archive says of them."""


class EditRefused(OCIError):
    """An edit that a file system would refuse as well: nothing there, no directory, in the way."""


class UnreadablePackages(OCIError):
    """A database of packages that is damaged, or of a kind that is not read."""


class LimitExceeded(OCIError):
    """A limit of :class:`layers.oci.limits.Limits` was passed."""

    def __init__(self, limit: str, allowed: int, found: int | str, where: str = "") -> None:
        self.limit, self.allowed, self.found = limit, allowed, found
        place = f"{where}: " if where else ""
        super().__init__(f"{place}limit {limit} = {allowed}, found {found}")


class InvalidChange(OCIError):
    """A Dockerfile line that ``docker commit --change`` refuses; the message is docker's."""
