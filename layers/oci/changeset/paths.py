"""Names in a tar, made into paths that cannot leave the image."""

import re

from layers.oci.errors import LimitExceeded, MalformedLayer, shown
from layers.oci.limits import Limits

NOT_UTF8 = re.compile("[\udc80-\udcff]")
# An empty, "." or ".." component anywhere: the few names that need cleaning.
UNCLEAN = re.compile(rb"(?:^|/)\.{0,2}(?:/|$)")


def clean(name: bytes) -> bytes:
    """``name`` relative to the image's root, without empty, ``.`` and ``..`` components.

    A ``..`` at the root stays there, as in a chroot. The root is ``b""``.

    >>> clean(b"./usr//bin/../lib/"), clean(b"../../etc/passwd"), clean(b"/")
    (b'usr/lib', b'etc/passwd', b'')
    """
    if not UNCLEAN.search(name):
        return name
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def escapes(name: bytes) -> bool:
    """Whether ``name`` is absolute or climbs above the root before it is cleaned."""
    depth = 0
    for part in name.split(b"/"):
        depth += -1 if part == b".." else part not in (b"", b".")
        if depth < 0:
            return True
    return name.startswith(b"/")


def split(path: bytes) -> tuple[bytes, bytes]:
    """The directory and the last component of a clean path.

    >>> split(b"etc/nginx/nginx.conf"), split(b"etc")
    ((b'etc/nginx', b'nginx.conf'), (b'', b'etc'))
    """
    directory, _, name = path.rpartition(b"/")
    return directory, name


def join(directory: bytes, name: bytes) -> bytes:
    """The path of ``name`` in ``directory``, both clean."""
    return directory + b"/" + name if directory else name


def ancestors(path: bytes) -> list[bytes]:
    """The directories above a clean path, nearest first, the root last.

    >>> ancestors(b"a/b/c")
    [b'a/b', b'a', b'']
    """
    above = []
    while path:
        path = path.rpartition(b"/")[0]
        above.append(path)
    return above


def check_path(path: bytes, limits: Limits) -> None:
    """Hold a clean path against the limits; a NUL in it is malformed.

    Raises:
        LimitExceeded: path_length, component_length or path_depth.
        MalformedLayer: a NUL byte.
    """
    if b"\0" in path:
        raise MalformedLayer(f"The name {shown(path)} holds a NUL byte, which no path may.")
    if len(path) > limits.path_length:
        raise LimitExceeded("path_length", limits.path_length, len(path), shown(path))
    parts = path.split(b"/")
    if len(parts) > limits.path_depth:
        raise LimitExceeded("path_depth", limits.path_depth, len(parts), shown(path))
    longest = max(map(len, parts))
    if longest > limits.component_length:
        raise LimitExceeded("component_length", limits.component_length, longest, shown(path))


def as_text(path: bytes) -> str:
    r"""``path`` as Docker prints it: each byte that is not UTF-8 becomes U+FFFD.

    >>> as_text(b"caf\xc3\xa9/\xe2\x82")
    'café/��'
    """
    return NOT_UTF8.sub("\ufffd", path.decode("utf-8", "surrogateescape"))
