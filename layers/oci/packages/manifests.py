"""The packages of npm and gem, each described by a file of its own."""

import json
import re
from collections.abc import Iterator
from typing import Final

from layers.oci.packages.package import Package, field

STUB: Final = re.compile(rb"^# stub: ([\w.-]+) ([\w.]+) ([\w.-]+) ", re.MULTILINE)
"""What RubyGems puts at the top: name, version, platform."""
ASSIGNED: Final = (
    rb"^[ \t]*\w+\.%s[ \t]*=[ \t]*(?:Gem::Version\.new[ \t]*\(?[ \t]*)?%%?q?[\"'({]([^\"')}\n]{1,200})[\"')}]"
)
GEM_NAME, GEM_VERSION, GEM_PLATFORM, GEM_LICENCE = (
    re.compile(ASSIGNED % name, re.MULTILINE) for name in (b"name", b"version", b"platform", b"license")
)
GEM_LICENCES: Final = re.compile(rb"^[ \t]*\w+\.licenses[ \t]*=[ \t]*\[([^\]\n]{1,300})\]", re.MULTILINE)
QUOTED: Final = re.compile(rb"[\"']([^\"'\n]{1,100})[\"']")


def read_npm(data: bytes, path: bytes) -> Iterator[Package]:
    """The package of a ``package.json``; one without name or version is none that was installed."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(document, dict):
        name, version = field(document.get("name")), field(document.get("version"))
        if name and version:
            yield Package("npm", name, version, "", "", _npm_licence(document), path)


def _npm_licence(document: dict[str, object]) -> str:
    """``license`` as text or object, or the old list of ``licenses``."""
    said = document.get("license") or document.get("licenses")
    items = said if isinstance(said, list) else [said]
    texts = [field(item.get("type")) if isinstance(item, dict) else field(item) for item in items[:9]]
    return field(" OR ".join(filter(None, texts)))


def read_gem(data: bytes, path: bytes) -> Iterator[Package]:
    """The package of a ``.gemspec``: a Ruby program, of which only plain assignments are looked at."""
    stub = STUB.search(data)
    name, version, platform = stub.groups() if stub else (None, None, None)
    name, version = name or _first(GEM_NAME, data), version or _first(GEM_VERSION, data)
    platform = platform or _first(GEM_PLATFORM, data)
    licences = GEM_LICENCES.search(data)
    licence = b" OR ".join(QUOTED.findall(licences[1])) if licences else _first(GEM_LICENCE, data)
    if name and version:
        arch = "" if platform == b"ruby" else field(platform)
        yield Package("gem", field(name), field(version), arch, "", field(licence), path)


def _first(pattern: re.Pattern[bytes], data: bytes) -> bytes:
    match = pattern.search(data)
    return match[1] if match else b""
