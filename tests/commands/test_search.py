"""``search``: one box for names, digests, history, config, content and paths."""

import pytest

from layers.models import Image, Layer
from layers.queries.search import KINDS


@pytest.fixture
def library(load):
    load("01")
    load("02")


def told(rows, *words):
    return [(row["Kind"], row["Image"], row["Layer"], row.get("State")) for row in rows("search", *words)]


def test_images_are_found_by_name_tag_and_id(library, rows):
    image = Image.objects.get(references__tag="v2")

    for text in ("nginx:v2", "NGINX:V2", image.image_id, image.image_id[7:15]):
        assert told(rows, text, "--kind", "images") == [("images", "nginx:v2", None, "")]


def test_layers_are_found_by_digest(library, rows):
    layer = Layer.objects.filter(image_layers__image__references__tag="v2").latest("pk")

    (row,) = rows("search", layer.diff_id[:20], "--kind", "layers")
    assert (row["Match"], row["Field"], row["Image"]) == (layer.diff_id, "diff ID", "nginx:v2")
    assert row["Layer"] == 4


def test_commands_of_the_history_are_found_once_for_all_images(library, rows):
    found = rows("search", "MKDIR -p /usr/share/nginx", "--kind", "history")

    assert {row["Image"] for row in found} == {"nginx:v2", "nginx:latest"}
    assert {(row["Layer"], row["Images"]) for row in found} == {(2, 2)}


@pytest.mark.parametrize("text", ["NGINX_VERSION", "docker-maint@nginx.com", "daemon off"])
def test_config_is_found(library, rows, text):
    found = told(rows, text, "--kind", "config")

    assert {row[1] for row in found} == {"nginx:v2", "nginx:latest"}


def test_a_path_says_which_layer_hides_it(library, rows):
    found = told(rows, "index.html", "--kind", "paths")

    assert ("paths", "nginx:v2", 4, "visible") in found
    assert ("paths", "nginx:v2", 3, "overwritten in 4") in found
    assert ("paths", "nginx:latest", 3, "visible") in found


def test_content_is_found_by_its_digest(library, rows):
    (row,) = [row for row in rows("search", "bash_history") if row["Kind"] == "paths"]

    for digest in (row["Sha256"], row["Sha256"][:12], "sha256:" + row["Sha256"].upper()):
        (found,) = rows("search", digest, "--kind", "content")
        assert found["Match"] == "/root/.bash_history"
    assert rows("search", row["Sha256"][:11], "--kind", "content") == []


def test_a_deleted_path_is_found_and_called_deleted(load, rows):
    load("02")
    states = {
        row["State"].partition(" in ")[0] for row in rows("search", "**", "--kind", "paths", "-n", "500")
    }

    assert states == {"visible", "deleted", "overwritten"}


def test_what_is_not_printed_is_counted(library, capsys, output):
    table = output("search", "etc", "-n", "2")

    assert table.splitlines()[0].split() == ["KIND", "IMAGE", "LAYER", "STATE", "MATCH"]
    assert "--limit prints more" in capsys.readouterr().err


def test_an_empty_library_finds_nothing(db, rows):
    for text in ("nginx", "*", "", "/", "0123456789ab", "%", "_", "\0", "\ud800"):
        assert rows("search", text) == []


def test_removed_images_are_found_no_more(library, rows, output):
    before = {row["Image"] for row in rows("search", "etc", "-n", "100")}
    output("rmi", "-f", "nginx:v2", "nginx:latest")
    after = rows("search", "nginx", "-n", "100")

    assert "nginx:v2" in before
    assert after == []
    assert set(KINDS) >= {row["Kind"] for row in rows("search", "etc")}
