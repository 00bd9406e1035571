"""The life of every path, layer by layer, is what the kernel showed and what docker diff said."""

from itertools import pairwise

import pytest

from layers.queries.images import find_image
from layers.queries.versions import versions
from tests.oracle.golden import RECORDED, expected_changes, raw_path

pytestmark = pytest.mark.parametrize("imported", RECORDED, indirect=True, ids=str)


def trees(image):
    """What was seen after each layer, by path; nothing before the first."""
    return [{}, *({raw_path(row): row for row in layer["merged"]} for layer in image["layers"])]


def told(image):
    """For each layer, what docker diff says of paths it can spell."""
    return [{path.strip("/"): kind for kind, path in expected_changes(layer)} for layer in image["layers"]]


def test_a_path_is_there_when_it_was_seen_and_changed_when_docker_diff_said_so(library):
    for image in library.archive.images:
        found, seen, diffs = find_image(image["id"]), trees(image), told(image)
        for path in sorted({path for tree in seen for path in tree}):
            life = {version.position: version for version in versions(found, path)}
            for position, (before, after) in enumerate(pairwise(seen)):
                version = life.get(position)
                kind = version.kind if version and not version.silent else ""
                assert kind == expected(path, before, after, diffs[position]), f"{path!r} at {position}"


def expected(path, before, after, diff):
    if path not in before or path not in after:
        return "A" if path in after else "D" if path in before else ""
    return diff.get(path.decode("utf-8", "replace"), "")


def test_what_a_version_says_is_what_was_recorded(library):
    for image in library.archive.images:
        found, seen = find_image(image["id"]), trees(image)
        for path in sorted({path for tree in seen for path in tree}):
            for version in versions(found, path):
                row, was = seen[version.position + 1].get(path), seen[version.position].get(path)
                assert (version.entry is None, version.lower is None) == (row is None, was is None)
                if row and row["type"] == "file":
                    assert version.entry.sha256.hex() == row["sha256"]
                if row and was and row["type"] == was["type"]:
                    assert ("content" in version.reasons) == (row.get("sha256") != was.get("sha256"))
                    assert ("mode" in version.reasons) == (row["mode"] != was["mode"])
                    assert ("link" in version.reasons) == (row.get("linkname") != was.get("linkname"))
                assert ("type" in version.reasons) == bool(row and was and row["type"] != was["type"])


def test_a_directory_knows_what_is_below_it(library):
    for image in library.archive.images:
        found, seen, diffs = find_image(image["id"]), trees(image), told(image)
        for path in sorted({path for tree in seen for path, row in tree.items() if row["type"] == "dir"}):
            for version in versions(found, path):
                tree = seen[version.position + 1]
                inside = [row for other, row in tree.items() if other.startswith(path + b"/")]
                if path in tree and tree[path]["type"] == "dir":
                    assert version.below.count == len(inside)
                    text = path.decode("utf-8", "replace") + "/"
                    kinds = [
                        kind for other, kind in diffs[version.position].items() if other.startswith(text)
                    ]
                    if text.isprintable() and "\ufffd" not in text:
                        below = version.below
                        assert (below.added, below.changed, below.deleted) == tuple(
                            kinds.count(kind) for kind in "ACD"
                        )
                else:
                    assert version.below.count == 0


def test_what_went_with_a_directory_says_which(library):
    for image in library.archive.images:
        found, seen = find_image(image["id"]), trees(image)
        for path in sorted({path for tree in seen for path in tree}):
            for version in versions(found, path):
                if version.kind == "D":
                    after = seen[version.position + 1]
                    above = [path[:at] for at, byte in enumerate(path) if byte == ord("/")]
                    lost = [each for each in above if after.get(each, {}).get("type") != "dir"]
                    assert version.gone_with == (lost[0] if lost else None)
