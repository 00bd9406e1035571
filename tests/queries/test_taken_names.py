"""A name is checked before it is given, and whom it is taken from is told."""

import pytest

from layers.oci.reference import Reference
from layers.operations.import_archive import import_archive
from layers.operations.tag_image import tag_image
from layers.queries.images import find_image
from layers.queries.taken_names import CheckedName, check_name
from tests.oci.edits import GOLDEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nginx():
    import_archive(GOLDEN / "01-webserver" / "image.tar")


@pytest.mark.parametrize("text", ["", "  "])
def test_no_name_is_no_error(text):
    assert check_name(text) == CheckedName()


def test_free_name_is_shown_in_full():
    found = check_name(" nginx:v9 ")

    assert found.reference.full == "docker.io/library/nginx:v9"
    assert (found.error, found.holder) == ("", None)


@pytest.mark.parametrize("text", ["Nginx", "a b", "nginx:", "nginx:.a", "sha256:abc", "a@sha256:" + "0" * 64])
def test_what_is_no_name_is_told_with_its_rule(text):
    found = check_name(text)

    assert "is no image name" in found.error
    assert found.reference is None


def test_taken_name_tells_who_has_it():
    found = check_name("docker.io/library/nginx:v2")

    assert found.holder == find_image("nginx:v2")
    assert not found.holder_keeps_names


def test_holder_may_keep_another_name():
    tag_image(image=find_image("nginx:v2"), reference=Reference.parse_tag("other:1"))

    assert check_name("nginx:v2").holder_keeps_names


def test_name_on_an_index_is_told():
    for archive in sorted((GOLDEN / "11-multiarch").glob("*.tar")):
        import_archive(archive)

    assert check_name("oracle/multi").is_on_index
