"""The config of a commit, to the byte that docker wrote."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from layers.oci.changes import apply_changes, parse_changes
from layers.oci.commit import (
    container_runtime,
    go_time,
    in_order,
    layer_type_beside,
    new_config,
    new_manifest,
)
from layers.oci.config import ImageConfig
from layers.oci.descriptor import Descriptor
from layers.oci.digest import Digest
from layers.oci.gojson import go_json
from layers.oci.limits import Limits
from layers.oci.manifest import parse_manifest
from layers.oci.mediatype import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, OCI_LAYER, OCI_MANIFEST

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
LAYER = Digest.of(b"layer")


def golden(case):
    return json.loads((GOLDEN / case / "golden.json").read_text(encoding="utf-8"))


def config_of(document):
    return ImageConfig.parse(go_json(document), "config", Limits())


def option(args, name):
    return args[args.index(name) + 1] if name in args else ""


def committed(base, document, *, started, changes=()):
    """The config with what only docker could know taken from its own."""
    row = document["history"][-1]
    return new_config(
        base,
        diff_id=None if row.get("empty_layer") else Digest(document["rootfs"]["diff_ids"][-1]),
        created=document["created"],
        author=document.get("author", ""),
        comment=row.get("comment", ""),
        runtime=apply_changes(started, parse_changes(changes)),
        started=started,
        container_id=document["container"],
        docker_version=document["docker_version"],
    )


def test_webserver_v2_has_the_id_that_docker_gave_it():
    v1, v2 = golden("01-webserver")["images"]
    base = ImageConfig.parse(v1["config_raw"].encode(), "v1", Limits())
    document = json.loads(v2["config_raw"])
    started = container_runtime(base, document["container"], "nginx")

    config = committed(base, document, started=started)

    assert config.decode() == v2["config_raw"]
    assert Digest.of(config) == v2["id"]


CASE = golden("14-commit-config")
COMMITS = [commit for commit in CASE["commits"] if commit["ok"]]


def base_of_case_14():
    inspected, document = CASE["base_inspect"], json.loads(COMMITS[0]["config_raw"])
    return config_of(
        {
            "architecture": inspected["Architecture"],
            "config": inspected["Config"],
            "created": inspected["Created"],
            "history": document["history"][:-1],
            "os": inspected["Os"],
            "rootfs": {"type": "layers", "diff_ids": inspected["RootFS"]["Layers"]},
        }
    )


@pytest.mark.parametrize("commit", COMMITS, ids=lambda commit: commit["title"])
def test_config_has_the_bytes_that_docker_wrote(commit):
    base, document, args = base_of_case_14(), json.loads(commit["config_raw"]), commit["commit_args"]
    started = container_runtime(base, document["container"], "oracle/commit:base")
    if commit["run_args"]:
        started = in_order(commit["container_config_inspect"])
    changes = [args[at + 1] for at, arg in enumerate(args) if arg == "--change"]

    config = committed(base, document, started=started, changes=changes)

    assert config.decode() == commit["config_raw"]
    assert Digest.of(config) == commit["image_id"]
    assert document["history"][-1].get("comment", "") == option(args, "--message")


def test_commit_of_nothing_adds_a_row_and_no_layer():
    document = json.loads(CASE["images"][0]["config_raw"])
    rows = document["history"]
    at = next(at for at, row in enumerate(rows) if row.get("comment") == "only config")
    base = config_of({**document, "history": rows[:at]})

    config = json.loads(
        new_config(
            base,
            diff_id=None,
            created=rows[at]["created"],
            author="",
            comment="only config",
            runtime=base.runtime,
            started={"Cmd": ["base"]},
            container_id="",
        )
    )

    assert config["history"] == rows[: at + 1]
    assert config["rootfs"] == document["rootfs"]
    assert "container" not in config


def test_foreign_config_is_filled_up_as_docker_would():
    base = config_of(
        {
            "os": "linux",
            "architecture": "arm64",
            "variant": "v8",
            "os.version": "1",
            "config": {
                "Labels": None,
                "ExposedPorts": {},
                "Shell": ["x"],
                "OnBuild": ["y"],
                "Cmd": ["a", "b"],
            },
            "rootfs": {"type": "layers", "diff_ids": []},
            "unknown": 1,
        }
    )
    started = container_runtime(base, "", "image")

    config = json.loads(
        new_config(
            base,
            diff_id=LAYER,
            created="2026-01-01T00:00:00Z",
            author="A <a@b>",
            comment="",
            runtime=started,
            started=started,
            container_id="",
        )
    )

    assert list(config) == [
        *("architecture", "author", "config", "created", "history", "os", "os.version", "rootfs", "variant"),
    ]
    assert config["config"]["Labels"] == {}
    assert {"ExposedPorts", "Shell"} & set(config["config"]) == set()
    assert config["history"] == [
        {"created": "2026-01-01T00:00:00Z", "author": "A <a@b>", "created_by": "a b"}
    ]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 1, tzinfo=UTC), "2026-01-02T03:04:05.000001Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 500000, tzinfo=UTC), "2026-01-02T03:04:05.5Z"),
    ],
)
def test_times_are_spelled_as_go_spells_them(moment, text):
    assert go_time(moment) == text


def test_manifest_stays_of_its_kind_and_keeps_its_other_fields():
    old = Descriptor(DOCKER_LAYER + ".gzip", Digest.of(b"old"), 3, urls=("https://example.org/x",))
    raw = go_json(
        {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": {"mediaType": DOCKER_CONFIG, "digest": Digest.of(b"{}"), "size": 2},
            "layers": [],
            "annotations": {"a": "b"},
            "subject": {"mediaType": "x", "digest": LAYER, "size": 5},
        }
    )
    base = parse_manifest(raw, None, "manifest", Limits())

    document = json.loads(new_manifest(base, b"{...}", [old, Descriptor(layer_type_beside(base), LAYER, 5)]))

    assert document == {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {"mediaType": DOCKER_CONFIG, "digest": Digest.of(b"{...}"), "size": 5},
        "layers": [
            {"mediaType": DOCKER_LAYER + ".gzip", "digest": old.digest, "size": 3, "urls": list(old.urls)},
            {"mediaType": DOCKER_LAYER, "digest": LAYER, "size": 5},
        ],
        "annotations": {"a": "b"},
    }


def test_manifest_without_a_base_is_oci():
    document = json.loads(new_manifest(None, b"{}", [Descriptor(layer_type_beside(None), LAYER, 5)]))

    assert document["mediaType"] == OCI_MANIFEST
    assert document["layers"][0]["mediaType"] == OCI_LAYER
