"""Blobs after a power cut: those of this boot are synced, those of an earlier one are checked."""

from pathlib import Path

import pytest

from layers.models import Blob, Image
from layers.operations.import_archive import import_archive
from layers.operations.settle_blobs import settle_blobs
from layers.storage import blob_path

GOLDEN = Path(__file__).parent.parent / "golden"
pytestmark = pytest.mark.django_db


@pytest.fixture
def image() -> Image:
    return import_archive(GOLDEN / "02-delete-opaque" / "image.tar").images[0]


def test_blobs_of_this_boot_are_settled(image):
    assert Blob.objects.exclude(boot="").exists()

    assert settle_blobs() == []
    assert not Blob.objects.exclude(boot="").exists()


def test_whole_blobs_of_an_earlier_boot_are_believed(image):
    Blob.objects.update(boot="an earlier one")

    assert settle_blobs() == []
    assert Image.objects.get() == image


@pytest.mark.parametrize("damage", ["cut", "gone", "flipped"])
def test_an_image_whose_bytes_were_lost_is_deleted_and_can_come_back(image, damage):
    Blob.objects.update(boot="an earlier one")
    path = blob_path(image.image_layers.first().stored.blob.digest)
    data = path.read_bytes()
    path.chmod(0o600)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "cut" else bytes([data[0] ^ 1]) + data[1:])

    assert settle_blobs() == [image.image_id]
    assert not Image.objects.exists()

    again = import_archive(GOLDEN / "02-delete-opaque" / "image.tar").images[0]
    assert again.image_id == image.image_id
