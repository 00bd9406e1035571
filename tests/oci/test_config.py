"""Image configs: IDs, history beside layers, and fields of surprising types."""

import json
from pathlib import Path

import pytest

from layers.oci.config import History, ImageConfig, chain_ids, history_positions, pairs, parse_created, texts
from layers.oci.digest import Digest
from layers.oci.errors import InvalidDigest, LimitExceeded, MalformedJSON
from layers.oci.limits import Limits

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/12-tags-dangling-identical/golden.json").read_text())
DIFF_ID = "sha256:" + "1" * 64


def parse(**members: object) -> ImageConfig:
    document = {"os": "linux", "rootfs": {"type": "layers", "diff_ids": [DIFF_ID]}, **members}
    return ImageConfig.parse(json.dumps(document).encode(), "config", Limits())


@pytest.mark.parametrize("image", GOLDEN["images"], ids=lambda image: image["id"][7:19])
def test_ids_and_history_rows_are_those_of_docker(image):
    config = ImageConfig.parse(image["config_raw"].encode(), "config", Limits())

    assert config.digest == image["id"]
    assert list(config.diff_ids) == [layer["diff_id"] for layer in image["layers"]]
    assert list(chain_ids(config.diff_ids)) == [layer["chain_id"] for layer in image["layers"]]
    positions = history_positions(config.history, len(config.diff_ids))
    assert [positions.index(layer["index"]) for layer in image["layers"]] == [
        layer["history_index"] for layer in image["layers"]
    ]
    assert [step.created_by for step in config.history] == [
        layer.get("created_by", "") for layer in image["config"]["history"]
    ]
    assert not config.odd


@pytest.mark.parametrize(
    ("members", "odd"),
    [
        ({"config": "text"}, "config is a string"),
        ({"history": "x"}, "history is a string"),
        ({"history": {}}, "history is an object"),
        ({"history": [None]}, "history[0] is null"),
        ({"history": [{"created_by": ["sh"]}]}, "history[0].created_by is a list"),
        ({"created": 1e300}, "created is a number"),
        ({"architecture": ["a"]}, "architecture is a list"),
    ],
)
def test_a_field_of_another_type_is_shown_as_text_and_told(members, odd):
    config = parse(**members)

    assert [note.startswith(odd) for note in config.odd] == [True]
    assert all(isinstance(text, str) for text in (config.created, config.architecture, config.author))
    assert isinstance(config.runtime, dict)
    assert parse_created(config.created) is None


@pytest.mark.parametrize(
    "runtime",
    [
        {"Labels": ["a", "b"]},
        {"Env": {"A": "b"}},
        {"Env": [None, 1, []]},
        {"Cmd": "sh -c id"},
        {"ExposedPorts": ["80"]},
    ],
    ids=str,
)
def test_the_runtime_is_kept_and_reads_as_text_whatever_it_holds(runtime):
    assert parse(config=runtime).runtime == runtime
    for value in runtime.values():
        assert all(isinstance(text, str) for text in texts(value))
        assert all(isinstance(part, str) for pair in pairs(value) for part in pair)


@pytest.mark.parametrize(
    ("rootfs", "rule"),
    [
        (None, "config.rootfs is null, not an object"),
        ([], "config.rootfs is a list, not an object"),
        ({"diff_ids": {}}, "config.rootfs.diff_ids is an object, not a list"),
        ({"type": "evil", "diff_ids": []}, "config.rootfs.type is 'evil'"),
        ({"diff_ids": [1]}, "config.rootfs.diff_ids: '1' is no digest"),
    ],
)
def test_the_list_of_layers_is_strict(rootfs, rule):
    with pytest.raises((MalformedJSON, InvalidDigest)) as refusal:
        parse(rootfs=rootfs)
    assert rule in str(refusal.value)


@pytest.mark.parametrize("raw", [b"null", b"[]", b'"x"', b'{"architecture":"amd64"}'])
def test_what_is_no_config_is_refused(raw):
    with pytest.raises(MalformedJSON, match=r"^config "):
        ImageConfig.parse(raw, "config", Limits())


def test_too_many_layers_meet_the_limit():
    with pytest.raises(LimitExceeded, match="limit layers = 256, found 257"):
        parse(rootfs={"diff_ids": [DIFF_ID] * 257})


def test_no_diff_ids_are_an_image_without_layers():
    assert parse(rootfs={"type": "layers"}).diff_ids == ()
    assert chain_ids(()) == ()


def test_a_nul_is_made_visible_where_a_database_would_refuse_it():
    assert parse(author="a\0b").author == "a\N{REPLACEMENT CHARACTER}b"


def test_steps_take_the_layers_in_order_and_keep_none_when_they_run_out():
    made, empty = History(), History(empty_layer=True)

    assert history_positions([empty, made, empty], 1) == (None, 0, None)
    assert history_positions([made, made, made], 1) == (0, None, None)
    assert history_positions([], 2) == ()


def test_a_chain_id_covers_all_below_it():
    first, second = Digest.of(b"1"), Digest.of(b"2")
    assert chain_ids([first, second]) == (first, Digest.of(f"{first} {second}".encode()))


@pytest.mark.parametrize(
    "text", ["0000-00-00T00:00:00Z", "2020-13-01T00:00:00Z", "2020-01-01", "0001-01-01T00:00:00Z", ""]
)
def test_an_impossible_moment_is_none(text):
    assert parse_created(text) is None
