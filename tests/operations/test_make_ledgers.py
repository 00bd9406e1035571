"""Ledgers made before they are asked for: the same, to the byte, and only where they are lacking."""

from collections import OrderedDict

import pytest

from layers.models import Image
from layers.oci.errors import OCIError
from layers.oci.unionfs.ledgerfile import pack_ledger, unpack_ledger
from layers.operations.import_archive import import_archive
from layers.operations.make_demo import make_demo
from layers.operations.make_ledgers import make_ledgers
from layers.queries.images import find_image
from layers.queries.ledgers import has_stored_ledger, ledger_of, made_ledger, store_ledger, stored_ledger
from tests.oracle.golden import ARCHIVES

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(data_dir):
    make_demo()
    return find_image("webserver:v2").chain


@pytest.mark.parametrize("archive", ARCHIVES, ids=str)
def test_a_ledger_comes_back_as_it_was(archive):
    try:
        images = import_archive(archive.path).images
    except OCIError:
        return
    for image in images:
        if image.chain is not None:
            ledger = made_ledger(image.chain)
            assert unpack_ledger(pack_ledger(ledger)) == ledger


def test_the_ledgers_of_new_images_are_made_once(chain, monkeypatch):
    assert make_ledgers() == Image.objects.values("chain").distinct().count() > 1
    assert make_ledgers() == 0
    expected = made_ledger(chain)
    monkeypatch.setattr("layers.queries.ledgers.account", lambda *_: pytest.fail("made again"))
    monkeypatch.setattr("layers.queries.ledgers._kept", OrderedDict())

    assert ledger_of(find_image("webserver:v2")) == expected


def test_only_those_of_the_latest_images_are_made(chain, monkeypatch):
    monkeypatch.setattr("layers.operations.make_ledgers.IMAGES", 1)
    newest = Image.objects.select_related("chain").latest("pk").chain

    assert make_ledgers() == 1
    assert has_stored_ledger(newest)


def test_one_too_large_to_be_kept_is_left_to_whoever_asks(chain, monkeypatch):
    monkeypatch.setattr("layers.operations.make_ledgers.ITEMS_KEPT", 0)

    assert make_ledgers() == 0
    assert stored_ledger(chain) is None


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + b"\xff"]
)
def test_a_damaged_file_is_no_ledger_and_is_made_again(chain, data_dir, damage):
    store_ledger(chain)
    (file,) = (data_dir / "cache").glob("*.ledger")
    file.write_bytes(damage(file.read_bytes()))

    assert stored_ledger(chain) is None
    assert make_ledgers() > 0
    assert stored_ledger(chain) == made_ledger(chain)
