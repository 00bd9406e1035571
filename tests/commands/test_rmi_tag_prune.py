"""``tag``, ``rmi`` and ``prune``: names come and go, and what nothing needs goes with them."""

import pytest
from django.core.management import CommandError

from layers.models import Blob, Chain, Change, Directory, FileEntry, Image, Layer, Manifest, Reference
from layers.storage import blob_path, stored_digests
from tests.soundness import check_sound

NGINX = "sha256:c30ab78a077a272f563fef69caf709029d34e60b52faa4b0675b659f55cca6ec"
NGINX_V2 = "sha256:1c9f65dc77338188ccb1db23c514ad39678c3c0db6e39a135ad3572a6579ec84"
ROWS = (Blob, Chain, Change, Directory, FileEntry, Image, Layer, Manifest, Reference)


@pytest.fixture(autouse=True)
def sound_afterwards(db):
    """Whatever was removed, what stays is whole."""
    yield
    check_sound()


def counts():
    return {model.__name__: model.objects.count() for model in ROWS}


def test_a_tag_is_another_name(load, output):
    load("01")

    assert output("tag", "nginx:v2", "localhost:5000/web") == ""
    assert output("images", "-q", "localhost:5000/web") == "1c9f65dc7733\n"


def test_a_tag_moves(load, output):
    load("01")
    output("tag", "nginx:v2", "nginx")

    assert output("images", "-q", "nginx:latest") == "1c9f65dc7733\n"
    assert "<none>       <none>    c30ab78a077a" in output("images")


@pytest.mark.parametrize(
    "name", ["Nginx", "nginx@" + NGINX, "sha256:web", "a" * 64, "nginx:-x", "../nginx", ""]
)
def test_a_name_that_docker_refuses_is_refused(name, load, output):
    load("01")
    with pytest.raises(CommandError, match="is no image name"):
        output("tag", "nginx", name)


def test_removing_one_name_of_several_removes_no_image(load, output):
    load("12")

    assert output("rmi", "oracle/a:1") == "Untagged: oracle/a:1\n"
    assert output("images", "-q", "oracle/a:2") == "587516d6581a\n"


def test_removing_the_last_name_removes_the_image_and_the_layers_it_alone_had(load, output, rows):
    load("01")
    top = rows("layers", "nginx:v2")[-1]

    assert output("rmi", "nginx:v2").splitlines() == [
        "Untagged: nginx:v2",
        f"Deleted: {NGINX_V2}",
        f"Deleted: {top['chain_id']}",
    ]
    assert not blob_path(top["digest"]).exists()
    assert output("diff", "nginx")


def test_nothing_is_left_of_the_last_image(load, output):
    load("01")
    output("rmi", "nginx", "nginx:v2")

    assert set(counts().values()) == {0}
    assert list(stored_digests()) == []


def test_an_import_after_a_delete_is_whole(load, output):
    load("01")
    before = counts(), output("ls", "nginx:v2", "/", "-R")
    output("rmi", "nginx:v2")
    load("01")

    assert (counts(), output("ls", "nginx:v2", "/", "-R")) == before


def test_an_id_with_several_names_needs_force(load, output):
    load("12")
    with pytest.raises(CommandError, match=r"'587516d6581a' has several names .* oracle/a:1, oracle/a:2"):
        output("rmi", "587516d6581a")
    lines = output("rmi", "--force", "587516d6581a").splitlines()

    assert lines[0] == "Untagged: plain:latest"
    assert len([line for line in lines if line.startswith("Untagged")]) == 6


def test_the_beginning_of_several_ids_is_refused(load, output):
    load("12")
    with pytest.raises(CommandError, match=r"'5' is the beginning of several IDs: .*oracle/a:1"):
        output("rmi", "5")


def test_what_cannot_be_removed_does_not_keep_the_rest(load, output):
    load("01")
    with pytest.raises(CommandError, match="No image is called 'apache'"):
        output("rmi", "apache", "nginx")

    assert [image.image_id for image in Image.objects.all()] == [NGINX_V2]


def test_removing_the_name_of_an_index_removes_its_platforms_and_attestations(load, output):
    load("11/nested-index.tar")
    name = output("images").splitlines()[1].split()[:2]
    output("rmi", ":".join(name))

    assert set(counts().values()) == {0}
    assert list(stored_digests()) == []


def test_the_name_of_an_index_moves_on_when_its_image_goes(load, output):
    load("11/nested-index.tar")
    reference = Reference.objects.get()
    output("rmi", "--force", reference.image.image_id)

    assert Image.objects.count() == 3
    assert Reference.objects.get().image_id != reference.image_id


def test_a_platform_that_comes_again_stands_in_its_index_again(load, output, rows):
    load("11/nested-index.tar")
    before = counts(), sorted(row["ID"] for row in rows("images"))
    output("rmi", "--force", Reference.objects.get().image.image_id)
    load("11/nested-index.tar")

    assert (counts(), sorted(row["ID"] for row in rows("images"))) == before
    assert len({row["Repository"] for row in rows("images")}) == 1


def test_prune_removes_images_without_a_name(load, output):
    load("12")
    lines = output("prune", "--force").splitlines()

    assert lines[:2] == [
        "Deleted Images:",
        "deleted: sha256:c5ca5e9534c96448ee4336ff230ce119d4e51a8d85e2c28cd07c7b56c254591e",
    ]
    assert lines[-2:] == ["", "Total reclaimed space: 3.332kB"]
    assert "<none>" not in output("images")


def test_prune_keeps_the_platforms_of_a_named_index(load, output):
    load("11/nested-index.tar")
    before = counts()

    assert output("prune", "-f") == "Total reclaimed space: 0B\n"
    assert counts() == before


def test_prune_removes_files_that_no_row_names(load, output, rows):
    load("01")
    stray = blob_path("sha256:" + "5" * 64)
    stray.parent.mkdir()
    stray.write_bytes(b"stray")

    assert rows("prune", "-f") == [{"ImagesDeleted": [], "SpaceReclaimed": 5}]
    assert not stray.exists()


def test_prune_asks_first(program):
    result = program("prune", input=b"n\n")

    assert b"[y/N]" in result.stderr
    assert result.stdout == b"Total reclaimed space: 0B\n"
