"""What a delete takes away, and what others keep from it."""

import os
from pathlib import Path

import pytest
from django.db import transaction

from layers.models import Blob, Chain, FileEntry, Image, Layer
from layers.operations import sweep
from layers.operations.clean_abandoned import clean_abandoned
from layers.operations.delete_image import delete_image, delete_unnamed, withdraw
from layers.operations.import_archive import import_archive
from layers.operations.prune_blobs import prune_blobs
from layers.storage import Staging, blob_path, stored_digests
from tests.soundness import check_sound

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
pytestmark = pytest.mark.django_db


@pytest.fixture
def image() -> Image:
    return import_archive(GOLDEN / "10-formats" / "image.tar").images[0]


@pytest.fixture(autouse=True)
def sound_afterwards(image):
    """Once what was killed is cleaned up, what stays is whole."""
    yield
    prune_blobs()
    check_sound()


def killed(staging: Staging) -> None:
    """The owner is gone, and its lock with it."""
    os.close(staging._lock)


def test_a_delete_that_is_cut_short_shows_nothing_and_is_finished_later(image):
    staging = Staging()
    with transaction.atomic():
        withdraw(image)
        sweep.hand_over(staging, sweep.Wanted())
    killed(staging)

    assert not Image.objects.exists()
    assert not Layer.objects.filter(staging="").exists()
    assert FileEntry.objects.exists()

    assert clean_abandoned() == 1
    assert not FileEntry.objects.exists()
    assert not Chain.objects.exists()
    assert list(stored_digests()) == []


def test_a_delete_that_fails_changes_nothing(image):
    def fail():
        withdraw(image)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        sweep.sweep(fail)

    assert Image.objects.count() == 1
    assert not Layer.objects.exclude(staging="").exists()


def test_what_an_import_under_way_builds_on_stays(image):
    top = image.chain
    building = Chain.objects.create(
        chain_id="sha256:" + "1" * 64,
        staging="under-way",
        layer=top.layer,
        parent=top,
        depth=9,
        lineage=top.lineage,
    )
    assert delete_image(image=image).chain_ids == ()
    assert Chain.objects.filter(staging="", pk__in=top.lineage).count() == len(top.lineage)

    building.delete()
    prune_blobs()
    assert not Chain.objects.exists()


def test_what_an_import_under_way_has_claimed_stays_in_the_store(image):
    digest = image.image_layers.first().stored.blob.digest
    importing = Staging()
    importing.claim(digest)
    delete_image(image=image)

    assert not Blob.objects.exists()
    assert blob_path(digest).exists()

    importing.close()
    prune_blobs()
    assert not blob_path(digest).exists()


def test_a_form_that_another_archive_brought_stays_with_it(image):
    gzipped = import_archive(GOLDEN / "10-formats" / "oci-gzip.tar").images[0]
    kept = set(gzipped.image_layers.values_list("stored__blob__digest", flat=True))
    delete_image(image=image)

    assert kept < set(stored_digests())
    assert set(stored_digests()) == set(Blob.objects.values_list("digest", flat=True))


def test_an_image_that_got_a_name_meanwhile_is_not_pruned(image):
    assert delete_unnamed(image=image) == []
    assert Image.objects.exists()


def test_the_bytes_that_are_free_again_are_counted(image):
    before = sum(blob_path(digest).stat().st_size for digest in stored_digests())

    assert delete_image(image=image).size == before
