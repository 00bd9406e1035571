"""Which operating system an image is: ``os-release``, in the shell's quotes."""

import shlex
from collections.abc import Mapping
from typing import Final

from layers.oci.packages.package import field

PATHS: Final = (b"etc/os-release", b"usr/lib/os-release")
"""The first that is a file says it (os-release(5)); it is often a link to the second."""
LONGEST: Final = 64 * 1024
NAMES: Final = ("PRETTY_NAME", "NAME", "ID", "VERSION_ID")


def read_os_release(data: bytes) -> Mapping[str, str]:
    """The fields that are asked for: those of ``NAMES`` that it has.

    >>> read_os_release(b'ID=debian\\nPRETTY_NAME="Debian 12"\\nHOME_URL=x')
    {'ID': 'debian', 'PRETTY_NAME': 'Debian 12'}
    """
    found: dict[str, str] = {}
    for line in data[:LONGEST].decode("utf-8", "replace").split("\n"):
        name, sign, value = line.strip().partition("=")
        if sign and name in NAMES:
            found[name] = field(unquoted(value))
    return found


def unquoted(value: str) -> str:
    """What a shell would make of the value; the value itself where its quotes are open."""
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value
