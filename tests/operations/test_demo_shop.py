"""The third demo image: its ID, and that each mistake in it is there to be found."""

import pytest

from layers.models import Reference
from layers.oci.digest import Digest
from layers.operations.demo_shop import shop_image
from layers.operations.make_demo import make_demo
from layers.operations.read_packages import read_packages_of
from layers.operations.search_findings import search_findings_of
from layers.queries.advice import DELETED, DUPLICATE, LEFT, METADATA, OVERWRITTEN, advise
from layers.queries.findings import file_findings
from layers.queries.ledgers import ledger_of
from layers.queries.packages import inventory, operating_system

ID = "sha256:1ef5ec69bf9f4b21cb88412fc51748361420bff349f6b9aa99770cc1cab9a35e"


@pytest.fixture
def shop(db):
    make_demo()
    return Reference.objects.get(tag="v1", repository__endswith="shop").image


def test_id_is_the_same_on_every_machine():
    image = shop_image()

    assert Digest.of(image.config) == ID
    assert sum(layer.size for layer in image.layers) < 2 * 2**20


def test_packages_come_go_and_are_upgraded(shop):
    read_packages_of(image=shop)
    found = inventory(shop, 7)

    assert {row.package.type for row in found.installed} == {"apk", "pypi", "npm"}
    assert [row.package.name for row in found.removed] == ["gcc"]
    assert [row.package.name for row in found.installed if row.previous] == ["busybox", "busybox-suid"]
    assert operating_system(shop).id == "alpine"


def test_every_kind_of_finding_is_in_it(shop):
    search_findings_of(image=shop)
    rows = file_findings(shop)

    assert {row.kind for row in rows} == {"key", "password", "user", "setuid", "writable", "certificate"}
    (key,) = [row for row in rows if row.kind == "key"]
    assert (key.position, key.fate.hidden_position, key.fate.was_deleted) == (2, 4, True)


def test_every_cause_of_waste_is_in_it(shop):
    assert {cause.kind for cause in advise(shop)} == {DELETED, METADATA, LEFT, DUPLICATE, OVERWRITTEN}
    assert ledger_of(shop).other_names  # the compiler has two names, and counts once
