"""Images are found as docker finds them."""

from pathlib import Path

import pytest

from layers.models import IndexEntry
from layers.oci.reference import Reference
from layers.operations.import_archive import import_archive
from layers.operations.tag_image import tag_image
from layers.queries.images import AmbiguousImage, ImageNotFound, find_image, list_images, platforms
from layers.queries.positions import NoSuchLayer, position_of

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
PLAIN = "587516d6581a08f7d1cf6f1566990c34cc0234d35fa3e03a2968914dfe70a22b"
pytestmark = pytest.mark.django_db


@pytest.fixture
def tagged():
    import_archive(GOLDEN / "12-tags-dangling-identical" / "image.tar")


@pytest.fixture
def index():
    """The images of four platforms."""
    return import_archive(GOLDEN / "11-multiarch" / "nested-index.tar")


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "plain:latest",
        "docker.io/library/plain",
        "index.docker.io/plain:latest",
        "oracle/a:2",
        "localhost:5000/team/app:v1.2-rc_3",
        PLAIN,
        f"sha256:{PLAIN}",
        PLAIN[:12],
        f"sha256:{PLAIN[:4]}",
        f"plain@sha256:{PLAIN}",
    ],
)
def test_an_image_goes_by_name_id_digest_or_the_beginning_of_its_id(text, tagged):
    assert find_image(text).image_id == f"sha256:{PLAIN}"


@pytest.mark.parametrize(
    "text", ["plain:1", "oracle/a", "Plain", "0000", f"other@sha256:{PLAIN}", "", "%", "_", "a b"]
)
def test_what_is_not_there_is_told_with_what_is(text, tagged):
    with pytest.raises(ImageNotFound, match=r"No image is called .*; there are: .*plain:latest"):
        find_image(text)


def test_the_beginning_of_several_ids_is_told_with_the_images(tagged):
    with pytest.raises(AmbiguousImage, match=r"'5' is the beginning of several IDs: .*oracle/same:1"):
        find_image("5")


def test_a_name_goes_before_an_id(tagged):
    tag_image(image=find_image("oracle/side:1"), reference=Reference.parse_tag(PLAIN[:6]))

    assert find_image(PLAIN[:6]) == find_image("oracle/side:1")


def test_every_platform_goes_by_the_digest_of_its_manifest(index):
    reference = index.references[0]
    for entry in IndexEntry.objects.exclude(manifest__image=None):
        name = f"{reference.repository}@{entry.digest}"
        assert find_image(name) == find_image(entry.digest) == entry.manifest.image


def test_the_host_s_platform_is_what_a_name_of_an_index_means(index):
    name = f"{index.references[0].repository}:{index.references[0].tag}"

    assert find_image(name) == platforms(find_image(name))[0].image


def test_the_platforms_of_an_index_are_listed_with_its_attestations(index):
    rows = platforms(index.images[0])

    assert sorted(row.platform for row in rows if row.image) == [
        "linux/amd64",
        "linux/arm/v7",
        "linux/arm64/v8",
        "linux/s390x",
    ]
    assert [row.kind for row in rows] == ["image"] * 4 + ["attestation"]


def test_an_image_outside_of_any_index_has_no_other_platforms(tagged):
    assert platforms(find_image("plain")) == []


def test_a_filter_looks_at_names_ids_and_platforms(tagged):
    assert {row.repository for row in list_images("ORACLE/")} == {"oracle/a", "oracle/same", "oracle/side"}
    assert len(list_images(PLAIN[:8])) == 6
    assert len(list_images("linux/amd64")) == len(list_images())
    assert list_images("nothing like it") == []


def test_shared_and_unique_sizes_add_up(tagged):
    for row in list_images():
        assert row.shared_size + row.unique_size == row.size
        assert row.shared_size == 645 or row.repository == "<none>"


def test_images_are_listed_newest_first_whatever_their_number_in_few_queries(
    tagged, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        created = [row.created for row in list_images()]

    assert created == sorted(created, reverse=True)


def test_a_layer_goes_by_its_position_or_diff_id(tagged):
    image = find_image("oracle/same:1")
    diff_ids = [row.layer.diff_id for row in image.image_layers.select_related("layer")]

    assert position_of(image, None) == 4
    assert [position_of(image, str(number)) for number in range(5)] == [0, 1, 2, 3, 4]
    assert position_of(image, diff_ids[3]) == position_of(image, diff_ids[3][7:20]) == 3
    assert diff_ids[1] == diff_ids[2]
    assert position_of(image, diff_ids[2]) == 1


def test_what_is_no_layer_is_told_with_the_layers_there_are(tagged):
    with pytest.raises(NoSuchLayer, match="There is no layer '5'; the image has the layers 0 to 4"):
        position_of(find_image("oracle/same:1"), "5")
