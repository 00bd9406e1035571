"""The golden files of ``tests/golden``: what real engines said, ready to compare with."""

import json
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/golden.json"))
FORMATS, MULTIARCH, HANDMADE = "10-formats", "11-multiarch", "13-handmade-tars"

Row = dict[str, Any]
Rows = list[list[str]]

TREE_KEYS = (
    "path",
    "path_b64",
    "type",
    "mode",
    "uid",
    "gid",
    "size",
    "mtime",
    "linkname",
    "linkname_b64",
    "sha256",
    "xattrs",
    "rdev",
)
"""What of a path is compared."""
OWN_ETC = ([["C", "/etc"]], [["A", "/etc"]])
"""docker makes ``/etc`` for a container before it starts: the layer that adds it reads C, not A."""


@cache
def golden(case: str) -> dict[str, Any]:
    return json.loads((GOLDEN / case / "golden.json").read_text())


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive, with the images that docker makes of it."""

    case: str
    file: str

    def __str__(self) -> str:
        return f"{self.case}/{self.file}"

    @property
    def path(self) -> Path:
        return GOLDEN / self.case / self.file

    @property
    def record(self) -> dict[str, Any]:
        return next(record for record in golden(self.case)["archives"] if record["file"] == self.file)

    @property
    def images(self) -> list[dict[str, Any]]:
        found = golden(self.case).get("images", [])
        return [image for image in found if image.get("archive", "image.tar") == self.file]

    def verdict(self, tool: str) -> dict[str, Any]:
        return next(verdict for verdict in self.record["verdicts"] if verdict["tool"].startswith(tool))


ARCHIVES = [Archive(case, record["file"]) for case in CASES for record in golden(case).get("archives", [])]
RECORDED = [archive for archive in ARCHIVES if archive.images]


def expected_changes(layer: dict[str, Any]) -> Rows:
    """What ``docker diff`` says of a layer, less what docker itself does to ``/etc``."""
    changes = layer["changes"]
    rows = changes["docker_diff_replay"]["rows"]
    if rows == "same as docker_diff":
        rows = changes["docker_diff"]["rows"]
    reading = changes["layer_reading"]
    if (reading.get("only_docker_diff"), reading.get("only_layer_reading")) == OWN_ETC:
        rows = [OWN_ETC[1][0] if row == OWN_ETC[0][0] else row for row in rows]
    return sorted(rows, key=lambda row: (row[1], row[0]))


def comparable_tree(rows: list[Row], volatile: frozenset[str] = frozenset()) -> dict[str, Row]:
    """The rows by path (base 64 where it is no text), without the time of those in ``volatile``."""
    tree = {}
    for row in rows:
        seen = {key: row[key] for key in TREE_KEYS if row.get(key) not in (None, {}, [])}
        if row["path"] in volatile:
            seen.pop("mtime", None)
        if row["type"] != "file":
            seen.pop("size", None)
        tree[row.get("path_b64", row["path"])] = seen
    assert len(tree) == len(rows), "a path is there twice"
    return tree


def implicit_paths(rows: list[Row]) -> frozenset[str]:
    """Directories that no header names: when they were made is up to who unpacks."""
    return frozenset(row["path"] for row in rows if row.get("implicit"))


def raw_path(row: Row) -> bytes:
    """A row's path as bytes, without the leading slash."""
    path = b64decode(row["path_b64"]) if "path_b64" in row else row["path"].encode()
    return path.lstrip(b"/")
