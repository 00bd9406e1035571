"""What sort of file a path is, told by its name and place: for a picture, not for a decision."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from layers.oci.changeset.entry import Kind
from layers.oci.unionfs.ledger import Item

OTHER: Final = "other"
LABELS: Final[Mapping[str, str | Promise]] = {
    "program": _("programs"),
    "library": _("libraries"),
    "python": _("Python"),
    "script": _("scripts"),
    "web": _("web pages and JavaScript"),
    "java": _("Java"),
    "archive": _("packages and archives"),
    "database": _("databases and data"),
    "configuration": _("configuration"),
    "document": _("documents and manuals"),
    "locale": _("translations and locales"),
    "picture": _("pictures"),
    "font": _("fonts"),
    "media": _("sound and video"),
    "certificate": _("certificates and keys"),
    "model": _("models"),
    "link": _("symlinks"),
    OTHER: _("other"),
}
SUFFIXES: Final = {
    "library": "so a o ko dll dylib",
    "python": "py pyc pyo pyi pyd pyx",
    "script": "sh bash pl pm rb lua php tcl awk",
    "web": "js mjs cjs jsx ts tsx map css scss html htm wasm vue",
    "java": "jar class war ear jmod",
    "archive": "deb rpm apk whl gem egg tar gz tgz xz bz2 zst zip 7z lz4 cab iso",
    "database": "db sqlite sqlite3 mdb dat bin csv tsv parquet pack idx rdb list",
    "configuration": "conf cfg ini yaml yml toml json xml cnf properties service timer rules",
    "document": "txt md rst pdf tex doc ps info adoc",
    "locale": "mo po pot gmo nlp",
    "picture": "png jpg jpeg gif svg svgz webp ico bmp xpm tif tiff",
    "font": "ttf otf woff woff2 eot pcf pfb afm",
    "media": "mp3 mp4 ogg oga wav flac webm avi mkv",
    "certificate": "pem crt cer key p12 pfx jks der",
    "model": "onnx pt pth safetensors gguf h5 tflite pb",
}
BY_SUFFIX: Final = {suffix: sort for sort, words in SUFFIXES.items() for suffix in words.split()}
VERSIONED: Final = re.compile(rb"\.so(?:\.\d+)+\Z")
SHELVES: Final = (
    (re.compile(rb"usr/share/(?:doc|man|info)(?:/|\Z)"), "document"),
    (re.compile(rb"usr/(?:share|lib)/(?:locale|i18n|zoneinfo)(?:/|\Z)"), "locale"),
)
"""Places where the name of a file tells nothing more."""
PLACES: Final = (
    (re.compile(rb"(?:.*/)?s?bin\Z|(?:.*/)?libexec(?:/|\Z)"), "program"),
    (re.compile(rb"var/(?:lib/(?:dpkg|apt|rpm|apk)|cache/apt)(?:/|\Z)|lib/apk/db"), "database"),
    (re.compile(rb"etc(?:/|\Z)"), "configuration"),
)
"""Places that tell what files without a telling name are."""


def type_of(item: Item) -> str:
    """A key of :data:`LABELS`."""
    if item.kind is Kind.SYMLINK:
        return "link"
    shelf, place = _by_place(item.directory)
    return shelf or _by_suffix(_suffix(item.name)) or place or OTHER


def _suffix(name: bytes) -> bytes:
    if VERSIONED.search(name):
        return b"so"
    head, dot, suffix = name.rpartition(b".")
    return suffix.lower() if dot and head else b""


@lru_cache(1024)
def _by_suffix(suffix: bytes) -> str:
    return BY_SUFFIX.get(suffix.decode("ascii", "replace"), "")


@lru_cache(4096)
def _by_place(directory: bytes) -> tuple[str, str]:
    """What the shelf says, and what the place does; empty for nothing."""
    shelf, place = (
        next((sort for pattern, sort in rules if pattern.match(directory)), "") for rules in (SHELVES, PLACES)
    )
    return shelf, place
