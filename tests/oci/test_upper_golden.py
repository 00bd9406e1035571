"""A container edited as one was in docker, step by step: the same diff, the same tree, the same layer."""

import json

import pytest

from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import as_text
from layers.oci.changeset.reader import read_members
from tests.oci.edits import (
    GOLDEN,
    LIMITS,
    NOW,
    Editor,
    content_of,
    diff,
    layer_tar,
    layers_of,
    over,
    raw,
    seen,
)

CASE = GOLDEN / "15-edit-ops"
RECORD = json.loads((CASE / "golden.json").read_text())
STEPS = RECORD["steps"]
LAYERS = RECORD["images"][0]["layers"]
TARS = layers_of(CASE / "image.tar")


def edited(step):
    """The container of a step, after its operations."""
    editor = Editor(over(TARS[: step["made_layer"]]), content_of(TARS[0]))
    for operation in step["ops"]:
        editor.apply(operation)
    return editor.upper


def made_by(step):
    return LAYERS[step["made_layer"]]


def times_set(step):
    """Paths whose time an operation sets last; that of others is the moment the engine ran."""
    times = {raw(operation["path"]) for operation in step["ops"] if "mtime" in operation}
    last = {raw(operation["path"]).rpartition(b"/")[0]: operation["op"] for operation in step["ops"]}
    touched = {raw(operation["path"]) for operation in step["ops"] if operation["op"] == "touch"}
    return times - (last.keys() - touched)


@pytest.fixture(params=STEPS, ids=lambda step: step["step"])
def step(request):
    return request.param


def test_the_same_diff(step):
    assert diff(edited(step)) == sorted(step["docker_diff"], key=lambda row: row[1])


def test_the_same_tree(step):
    found = {}
    for path, entry in seen(edited(step)).items():
        row = {"path": "/" + as_text(path), "type": entry.kind.word, "mode": f"{entry.mode:04o}"}
        row |= {"uid": entry.uid, "gid": entry.gid}
        row |= {"linkname": as_text(entry.linkname)} if entry.linkname else {}
        row |= {"size": entry.size, "sha256": entry.sha256.hex()} if entry.kind is Kind.FILE else {}
        found[row["path"]] = row
    expected = {
        row["path"]: {key: row[key] for key in row if key in found["/srv/bin"] or key == "linkname"}
        for row in made_by(step)["merged"]
    }

    assert found == expected


def test_times_that_were_set_or_left_alone_are_the_same(step):
    upper, recorded = edited(step), made_by(step)["merged"]
    volatile = {entry.path for entry in upper.entries.values() if entry.mtime == NOW}
    for row in recorded:
        path = raw(row["path"])
        if path in times_set(step) or (path not in volatile and path != b"etc"):
            assert upper.at(path).mtime == row["mtime"], row["path"]


def test_the_same_layer(step):
    written = {member.path.rstrip(b"/"): member for member in read_members([layer_tar(edited(step))], LIMITS)}
    recorded = {raw(entry["name"]): entry for entry in made_by(step)["entries"]}

    assert written.keys() == recorded.keys()
    for path, entry in recorded.items():
        member = written[path]
        is_mark = path.rpartition(b"/")[2].startswith(b".wh.")
        assert is_mark or (member.mode, member.uid, member.gid) == (
            int(entry["mode"], 8) & 0o7777,
            entry["uid"],
            entry["gid"],
        )
        if not is_mark:
            assert member.kind.word == entry["type"]
            assert as_text(member.linkname or b"") == entry.get("linkname", "")
            assert member.size == entry.get("size", 0)


def test_what_changed_is_told_in_pairs_that_lead_there_and_back(step):
    upper = edited(step)
    pairs = upper.rows()

    assert {after.path: after for _, after in pairs} == upper.entries
    assert [before for before, _ in pairs if before is not None] == []
