"""What stands in URLs, as values: views parse no strings."""

from layers.oci.digest import Digest

ALGORITHM_BY_LENGTH = {64: "sha256", 128: "sha512"}


class DigestConverter:
    """A digest by its hex digits alone; their number tells the algorithm."""

    regex = "(?:[0-9a-f]{64}|[0-9a-f]{128})"

    def to_python(self, value: str) -> Digest:
        return Digest.parse(f"{ALGORITHM_BY_LENGTH[len(value)]}:{value}")

    def to_url(self, value: str) -> str:
        """Takes a digest, as value or as text, or its hex digits."""
        return value.rpartition(":")[2]


class ContainerConverter:
    """A container by the first 12 digits of its ID, or more."""

    regex = "[0-9a-f]{12,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        """Takes a container's whole ID too, and shortens it as docker does."""
        return value[:12]
