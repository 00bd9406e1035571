"""What an archive is, told by the names in it."""

import re
from collections.abc import Collection
from typing import Literal

from layers.oci.errors import MalformedArchive

Layout = Literal["docker", "oci", "legacy", "rootfs"]

LEGACY_JSON = re.compile(r"[^/]+/json")
IMAGE_PART = re.compile(
    r"blobs/sha(?:256|512)/[a-f0-9]{64,128}|[a-f0-9]{64}/(?:layer\.tar|json|VERSION)|[a-f0-9]{64}\.(?:json|tar)"
)
VOCABULARY = re.compile(r"[^/]+/(?:layer\.tar|json|VERSION)|[^/]+\.json|repositories|oci-layout")


def recognise(names: Collection[str]) -> Layout:
    """Whose archive has these names of files.

    ``index.json`` alone makes no layout: a root filesystem may hold one.

    Raises:
        MalformedArchive: parts of an image without the file that ties them together.

    >>> recognise(["manifest.json"]), recognise(["oci-layout", "index.json"]), recognise(["etc/passwd"])
    ('docker', 'oci', 'rootfs')
    """
    if "manifest.json" in names:
        return "docker"
    if "oci-layout" in names or ("index.json" in names and any(name.startswith("blobs/") for name in names)):
        return "oci"
    if _is_legacy(names):
        return "legacy"
    if any(map(IMAGE_PART.fullmatch, names)) or _is_remnant(names):
        raise MalformedArchive(
            "The archive holds parts of an image, but no manifest.json or index.json that ties them together."
        )
    return "rootfs"


def _is_legacy(names: Collection[str]) -> bool:
    """The layout before docker 1.10: a directory an image, and a config nowhere."""
    return "repositories" in names and any(map(LEGACY_JSON.fullmatch, names))


def _is_remnant(names: Collection[str]) -> bool:
    """Whether nothing but parts of an image is there, as when an archive was cut between two members."""
    has_layer = any(name.endswith("/layer.tar") for name in names)
    return has_layer and all(map(VOCABULARY.fullmatch, names))
