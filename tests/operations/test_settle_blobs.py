"""Blobs after a power cut: those of this boot are synced, those of an earlier one are checked."""

from pathlib import Path

import pytest

from layers.models import Blob, Image
from layers.operations.create_container import create_container
from layers.operations.import_archive import import_archive
from layers.operations.settle_blobs import outlive_power_cut, settle_blobs
from layers.operations.write_file import write_file
from layers.queries.container_files import open_container_file
from layers.queries.files import ContentMissing
from layers.storage import blob_path, boot_id
from tests.soundness import check_sound

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


def test_a_lost_blob_of_an_image_in_use_is_moved_aside_and_comes_back(image, data_dir):
    container = create_container(image=image)
    settle_blobs()
    blob = image.image_layers.first().stored.blob
    path = blob_path(blob.digest)
    Blob.objects.filter(pk=blob.pk).update(boot="an earlier one")
    path.write_bytes(bytes(blob.size))

    assert settle_blobs() == []
    assert (path.exists(), (data_dir / "damaged" / path.name).exists()) == (False, True)
    assert container.image == image

    import_archive(GOLDEN / "02-delete-opaque" / "image.tar")
    assert Blob.objects.get(pk=blob.pk).boot == boot_id(), "its bytes are new, and not synced"
    assert settle_blobs() == []
    check_sound()


def test_the_content_of_a_container_that_was_lost_reads_as_missing(image):
    container = create_container(image=image)
    write_file(container=container, path=b"new", data=b"new")
    blob = Blob.objects.get(upper_rows__path=b"new")
    Blob.objects.filter(pk=blob.pk).update(boot="an earlier one")
    blob_path(blob.digest).write_bytes(b"\0\0\0")

    outlive_power_cut()

    with pytest.raises(ContentMissing):
        open_container_file(container, b"new").read(0, 3)
    write_file(container=container, path=b"other", data=b"new")
    assert open_container_file(container, b"new").read(0, 3) == b"new"
    assert Blob.objects.get(pk=blob.pk).boot == boot_id()
