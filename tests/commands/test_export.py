"""``export`` writes what is seen in a container: the image, as the container changed it."""

import io
import tarfile

import pytest
from django.core.management import CommandError, call_command

from layers.operations.create_container import create_container
from layers.operations.edit_container import copy_path, make_directory, move_path, remove_paths
from layers.operations.export_container import container_nodes
from layers.operations.export_tree import export_tree, image_nodes
from layers.queries.containers import find_container
from layers.queries.images import find_image


@pytest.fixture
def container(load):
    load("01")
    return create_container(image=find_image("nginx:v2"), name="webserver")


def members(tar: bytes) -> dict[str, bytes | None]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return {m.name: archive.extractfile(m).read() if m.isfile() else None for m in archive}


def exported(container) -> bytes:
    return b"".join(export_tree(container_nodes(container)))


def test_an_untouched_container_is_its_image(container):
    assert exported(container) == b"".join(export_tree(image_nodes(find_image("nginx:v2"), 4)))


def test_edits_are_in_it(container):
    before = members(exported(container))
    make_directory(container=container, path=b"new")
    copy_path(container=container, source=b"etc/passwd", target=b"new/passwd")
    move_path(container=container, source=b"etc/group", target=b"etc/groups")
    remove_paths(container=container, paths=[b"root/.bash_history"])
    after = members(exported(find_container("webserver")))

    assert after["new/passwd"] == before["etc/passwd"]
    assert after["etc/groups"] == before["etc/group"]
    assert set(before) - set(after) == {"etc/group", "root/.bash_history"}


def test_the_file_holds_the_same(container, tmp_path):
    call_command("export", "-o", str(tmp_path / "root.tar"), "webserver")

    assert (tmp_path / "root.tar").read_bytes() == exported(container)


def test_what_is_not_there_is_told(container):
    with pytest.raises(CommandError, match="nowhere"):
        call_command("export", "nowhere")
