"""What two sides weigh, by layers, by files and by directories."""

import pytest

from layers.operations.create_container import create_container
from layers.operations.edit_container import remove_paths
from layers.operations.import_archive import import_archive
from layers.operations.write_file import write_file
from layers.queries.compared_sizes import compare_directories, compare_sizes
from layers.queries.images import find_image
from layers.queries.sides import find_side
from layers.queries.tree import NoSuchPath
from tests.oracle.golden import GOLDEN, golden

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def images():
    import_archive(GOLDEN / "01-webserver" / "image.tar")


def test_sizes_are_those_of_the_recorded_layers_and_trees():
    recorded = golden("01-webserver")["images"][-1]["layers"]
    a, b = compare_sizes(find_side("nginx:v2@1"), find_side("nginx:v2"))
    v2 = next(image for image in golden("01-webserver")["images"] if len(image["layers"]) == 5)["layers"]

    assert (a.content_size, b.content_size) == tuple(
        sum(layer["size_docker"] for layer in v2[:count]) for count in (2, 5)
    )
    assert (a.own_size, a.shared_size, b.shared_size) == (0, a.content_size, a.content_size)
    assert (a.path_count, b.path_count) == tuple(len(v2[top]["merged"]) for top in (1, 4))
    assert len(recorded) in (4, 5)


def test_directories_are_told_by_how_much_they_grew():
    container = create_container(image=find_image("nginx:v2"), name="web")
    write_file(container=container, path=b"etc/large", data=b"x" * 5000)
    remove_paths(container=container, paths=[b"var"])
    found = compare_directories(find_side("nginx:v2"), find_side("web"), b"")
    rows = {row.path: row for row in found}

    assert found[0].path == b"etc"
    assert rows[b"etc"].delta == 5000
    assert rows[b"var"].b is None
    assert rows[b"usr"].delta == 0
    assert compare_sizes(find_side("nginx:v2"), find_side("web"))[1].upper_size == 5000


def test_a_directory_that_only_one_side_has_is_compared_with_nothing():
    rows = compare_directories(find_side("nginx:v2@0"), find_side("nginx:v2"), b"usr/share/nginx/html")

    assert [row.a for row in rows] == [None] * len(rows)
    with pytest.raises(NoSuchPath, match="Neither side"):
        compare_directories(find_side("nginx:v2@0"), find_side("nginx:v2"), b"nowhere")
