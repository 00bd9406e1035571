"""What the library tells of an archive is what the engines said of it, layer by layer."""

from hashlib import sha256

import pytest

from layers.queries.files import open_entry
from layers.queries.images import find_image
from layers.queries.tree import layer_of, walk
from layers.storage import open_blob
from tests.oracle.golden import (
    RECORDED,
    comparable_tree,
    expected_changes,
    implicit_paths,
    raw_path,
)

pytestmark = pytest.mark.parametrize("imported", RECORDED, indirect=True, ids=str)


def test_image_ids_are_those_of_the_engine(library):
    assert {image.image_id for image in library.result.images} == {
        image["id"] for image in library.archive.images
    }


def test_configs_are_kept_byte_for_byte(library):
    for image in library.archive.images:
        with open_blob(find_image(image["id"]).config.digest) as blob:
            assert blob.read() == image["config_raw"].encode()


def test_layers_are_those_of_the_engine(library, ask):
    for image in library.archive.images:
        found = [
            {
                "index": row["index"],
                "diff_id": row["diff_id"],
                "chain_id": row["chain_id"],
                "size_docker": row["content_size"],
                "history_index": row["history_index"],
                "created_by": row["created_by"],
                "tar_entries": row["entries"],
            }
            for row in ask("layers", image["id"])
        ]
        assert found == [{key: layer.get(key) for key in found[0]} for layer in image["layers"]]


def test_history_is_what_docker_prints(library, ask):
    known = {image["id"] for image in library.archive.images}
    for image in library.archive.images:
        expected = []
        for row in image["history"]["cli_json_no_trunc"]:
            row = {key: value for key, value in row.items() if key != "CreatedSince"}
            # The engine that was asked had the intermediate images of its own builds as well.
            expected.append(row | {"ID": row["ID"] if row["ID"] in known else "<missing>"})
        found = ask("history", image["id"], no_trunc=True)
        for row in found:
            row.pop("CreatedSince")
        assert found == expected


def test_changes_are_what_docker_diff_prints(library, ask):
    for image in library.archive.images:
        for layer in image["layers"]:
            found = sorted(ask("diff", image["id"], layer=str(layer["index"])), key=lambda row: row[::-1])
            assert found == expected_changes(layer), f"layer {layer['index']}"


def test_the_merged_tree_is_what_the_kernel_shows(library, ask):
    for image in library.archive.images:
        for layer in image["layers"]:
            found = ask("ls", image["id"], "/", layer=str(layer["index"]), recursive=True)
            implicit = implicit_paths(layer["merged"])
            expected = comparable_tree(layer["merged"], implicit)
            assert comparable_tree(found, implicit) == expected, f"layer {layer['index']}"


def test_every_row_of_a_tree_came_from_a_layer_at_or_below_it(library, ask):
    for image in library.archive.images:
        for layer in image["layers"]:
            rows = ask("ls", image["id"], "/", layer=str(layer["index"]), recursive=True)
            assert all(0 <= row["layer"] <= layer["index"] for row in rows)


def test_files_read_back_as_what_was_hashed(library):
    for image in library.archive.images:
        found = find_image(image["id"])
        top = len(image["layers"]) - 1
        rows = {row.path: row for row in walk(found, top)}
        for expected in image["layers"][top]["merged"]:
            if expected["type"] == "file":
                row = rows[raw_path(expected)]
                content = b"".join(open_entry(row.entry, layer_of(found, row.position)).chunks())
                assert sha256(content).hexdigest() == expected["sha256"], expected["path"]
