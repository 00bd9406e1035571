"""Package URLs: one spelling for a package of any kind (purl-spec, PURL-TYPES)."""

from collections.abc import Mapping
from urllib.parse import quote

from layers.oci.packages.package import Package

DISTRIBUTED = ("deb", "apk", "rpm")
"""Kinds whose packages belong to a distribution."""


def purl(package: Package, distribution: str = "", release: str = "") -> str:
    """The URL; ``distribution`` and ``release`` are ``ID`` and ``VERSION_ID`` of os-release.

    >>> purl(Package("deb", "libc6", "2.36-9", "amd64"), "debian", "12")
    'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12'
    >>> purl(Package("npm", "@babel/core", "7.0.0"))
    'pkg:npm/%40babel/core@7.0.0'
    """
    version, qualifiers = package.version, {"arch": package.arch}
    names = package.name.split("/") if package.type in ("npm", "golang") else [package.name]
    if package.type in DISTRIBUTED:
        names = [distribution or "unknown", package.name]
        qualifiers["distro"] = f"{distribution}-{release}" if distribution and release else ""
    if package.type == "rpm":
        epoch, colon, rest = version.partition(":")
        version = rest if colon else version
        qualifiers["epoch"] = epoch if colon else ""
    if package.type == "gem":
        qualifiers = {"platform": package.arch}
    path = "/".join(encode(_plain(package.type, name)) for name in names if name)
    return f"pkg:{package.type}/{path}{'@' if version else ''}{encode(version)}{_query(qualifiers)}"


def encode(text: str) -> str:
    """Percent-encoded, but for the colon, which the specification leaves alone."""
    return quote(text, safe="").replace("%3A", ":")


def _plain(type: str, name: str) -> str:
    """A name as its kind of package registry compares it."""
    if type == "pypi":
        return name.lower().replace("_", "-")
    return name.lower() if type in ("deb", "apk", "golang") else name


def _query(qualifiers: Mapping[str, str]) -> str:
    said = "&".join(f"{key}={encode(value)}" for key, value in sorted(qualifiers.items()) if value)
    return f"?{said}" if said else ""
