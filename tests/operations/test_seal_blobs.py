"""Layers are sealed as they come in; those that came before there were seals are sealed later."""

import logging
from pathlib import Path

import pytest

from layers.models import Blob, StoredLayer
from layers.oci.changeset.walk import StoredRange
from layers.operations.import_archive import import_archive
from layers.operations.seal_blobs import seal_blobs, unsealed
from layers.storage import blob_path, open_blob

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def library():
    import_archive(GOLDEN / "10-formats" / "oci-gzip.tar")
    import_archive(GOLDEN / "01-webserver" / "image.tar")


def right(blob: Blob) -> bool:
    with open_blob(blob.digest) as file:
        return StoredRange(file, 0, blob.size).identity() == (blob.digest, blob.seal)


def test_an_import_seals_its_layers():
    assert all(right(stored.blob) for stored in StoredLayer.objects.select_related("blob"))
    assert not unsealed().exists()


def test_layers_of_an_earlier_version_are_sealed_once():
    count = StoredLayer.objects.count()
    Blob.objects.update(seal=None)

    assert seal_blobs() == count
    assert all(right(stored.blob) for stored in StoredLayer.objects.select_related("blob"))
    assert seal_blobs() == 0


@pytest.mark.parametrize("damage", ["flip", "cut", "unlink"])
def test_damage_is_never_sealed(damage, caplog):
    Blob.objects.update(seal=None)
    blob = StoredLayer.objects.latest("pk").blob
    path = blob_path(blob.digest)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw if damage == "flip" else raw[:-1])
    if damage == "unlink":
        path.unlink()
    with caplog.at_level(logging.ERROR):
        seal_blobs()

    assert list(unsealed()) == [blob]
    assert blob.digest in caplog.text
