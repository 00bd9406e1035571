"""Packages are found by name and version, with the layer that brought and the one that removed them."""

import pytest

from layers.models import Chain, Image, PackageChange
from layers.oci.packages.delta import PackageChangeKind
from layers.operations.index_configs import index_configs
from layers.operations.read_packages import read_packages
from layers.queries.search import find
from tests.views.conftest import GOLDEN, imported

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(data_dir) -> Image:
    image = imported(GOLDEN / "01-webserver" / "image.tar", "v2")
    chains = [row.chain for row in image.image_layers.select_related("chain").order_by("position")]

    def change(position: int, kind: PackageChangeKind, name: str, version: str, previous: str = "") -> None:
        PackageChange.objects.create(
            chain=chains[position], kind=kind, type="deb", name=name, version=version, previous=previous,
            path=b"var/lib/dpkg/status",
        )  # fmt: skip

    change(0, PackageChangeKind.ADDED, "openssl", "3.0.1")
    change(0, PackageChangeKind.ADDED, "libssl3", "3.0.1")
    change(0, PackageChangeKind.ADDED, "curl", "8.0")
    change(4, PackageChangeKind.UPGRADED, "openssl", "3.0.2", "3.0.1")
    change(4, PackageChangeKind.REMOVED, "curl", "8.0")
    return image


def found(text: str) -> dict[str, list[tuple[str, int, object]]]:
    return {
        hit.text: [(place.name, place.position, place.hidden_by) for place in hit.places]
        for hit in find("packages", text, limit=10).texts
    }


def test_packages_are_found_by_name_and_version(image):
    assert set(found("SSL")) == {"openssl 3.0.1", "openssl 3.0.2", "libssl3 3.0.1"}
    assert set(found("ssl 3.0.2")) == {"openssl 3.0.2"}
    assert found("nothing") == {}


def test_what_became_of_a_package_is_told(image):
    assert ("nginx:v2", 0, (4, False)) in found("openssl 3.0.1")["openssl 3.0.1"]
    assert ("nginx:v2", 0, (4, True)) in found("curl")["curl 8.0"]
    assert found("libssl3")["libssl3 3.0.1"][0][2] is None


def test_an_image_without_the_upgrade_still_has_the_package(image):
    assert ("nginx:latest", 0, None) in found("openssl 3.0.1")["openssl 3.0.1"]


def test_pages_of_packages_go_on(image):
    first = find("packages", "ssl", limit=2)
    rest = find("packages", "ssl", limit=2, after=first.next)

    assert [hit.text for hit in (*first.texts, *rest.texts)] == [
        "openssl 3.0.2",
        "libssl3 3.0.1",
        "openssl 3.0.1",
    ]
    assert (first.total, rest.next) == (3, "")


def test_layers_whose_packages_are_not_read_are_counted(image):
    chains = Chain.objects.filter(image_layers__isnull=False).distinct()
    assert find("packages", "ssl", limit=5).lacking == chains.count()

    read_packages()
    assert find("packages", "ssl", limit=5).lacking == 0


def test_images_whose_configs_are_not_read_are_counted(image):
    assert find("config", "nginx", limit=5).lacking == Image.objects.count()

    index_configs()
    assert find("config", "nginx", limit=5).lacking == 0
