"""What can be compared, and how it is spelled."""

import pytest

from layers.operations.create_container import create_container
from layers.operations.import_archive import import_archive
from layers.queries.images import ImageNotFound, find_image
from layers.queries.sides import NoSuchLayer, find_side, shared_layers
from tests.oracle.golden import GOLDEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nginx():
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    return find_image("nginx:v2")


def test_an_image_counts_with_all_its_layers(nginx):
    side = find_side("nginx:v2")

    assert (side.image, side.position, side.container, side.is_whole) == (nginx, 4, None, True)


@pytest.mark.parametrize("text", ["nginx:v2@3", "nginx:v2@0"])
def test_an_image_at_a_layer(nginx, text):
    side = find_side(text)

    assert (side.image, side.position, side.is_whole) == (nginx, int(text[-1]), False)
    assert (side.text, side.label) == (text, text)


def test_a_layer_goes_by_its_diff_id(nginx):
    diff_id = nginx.image_layers.get(position=2).layer.diff_id

    assert find_side(f"nginx:v2@{diff_id}").position == 2
    assert find_side("nginx:v2", diff_id).text == "nginx:v2@2"


def test_a_digest_is_not_taken_for_a_layer(nginx):
    digest = nginx.manifests.first()
    name = f"nginx@{digest.blob.digest}" if digest else nginx.image_id

    assert find_side(name).image == nginx
    assert find_side(f"{nginx.image_id}@1").label == f"{nginx.image_id[7:19]}@1"


def test_a_container_goes_before_an_image_of_its_name(nginx):
    container = create_container(image=nginx, name="nginx")

    assert find_side("nginx").container == container
    assert find_side(container.short_id).container == container
    assert find_side("nginx:latest").container is None
    assert find_side("nginx@2").container is None
    assert find_side("nginx", "2").container is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("absent", ImageNotFound),
        ("absent@2", ImageNotFound),
        ("nginx:v2@9", NoSuchLayer),
        ("nginx:v2@-1", NoSuchLayer),
        ("nginx:v2@", NoSuchLayer),
        ("@", ImageNotFound),
        ("", ImageNotFound),
        ("\0\udcff", ImageNotFound),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(text, error):
    with pytest.raises(error, match=r"\.$"):
        find_side(text)


def test_the_shared_base_is_the_longest_run_of_the_same_layers():
    assert shared_layers(find_side("nginx:latest"), find_side("nginx:v2")) == 4
    assert shared_layers(find_side("nginx:v2@1"), find_side("nginx:v2")) == 2
    assert shared_layers(find_side("nginx:v2"), find_side("nginx:v2")) == 5
