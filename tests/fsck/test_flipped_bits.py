"""A flipped bit is found wherever it is, and what holds it is named."""

import random

import pytest

from layers.models import Blob, Image
from layers.operations.import_archive import import_archive
from layers.operations.repair_library import repair_library
from layers.queries.fsck.blobs import check_blobs
from layers.queries.fsck.problem import Fault
from layers.storage import blob_path
from tests.fsck.damages import flip
from tests.fsck.library import GOLDEN, lived_in, problems
from tests.soundness import check_sound

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("place", ["first", "last", "random"])
def test_in_each_blob_of_a_library(place):
    for archive in sorted(GOLDEN.glob("1[0-4]-*/*.tar")):
        if archive.stem != "truncated":
            import_archive(archive)
    lived_in()
    dice = random.Random(8)
    blobs = [blob for blob in Blob.objects.all() if blob.size]
    assert Image.objects.count() > 20
    for blob in blobs:
        flip(blob, {"first": 0, "last": -1, "random": dice.randrange(blob.size)}[place])

    found = list(check_blobs(deep=True))
    print(f"{len(blobs)} blobs of {Image.objects.count()} images")  # shown with -s
    assert {problem.subject for problem in found} == {blob.digest for blob in blobs}
    assert {problem.fault for problem in found} == {Fault.BLOB_DAMAGED}
    assert any("web:v3" in problem.sentence for problem in found)
    assert any("container web" in problem.sentence for problem in found)


def test_what_is_damaged_is_moved_aside_whole_and_comes_back_with_an_import(data_dir):
    import_archive(GOLDEN / "10-formats" / "oci-zstd.tar")
    blobs = list(Blob.objects.all())
    damaged = {}
    for blob in blobs:
        flip(blob, -1)
        damaged[blob_path(blob.digest).name] = blob_path(blob.digest).read_bytes()
    repaired = repair_library(deep=True)

    assert {problem.fault for problem in repaired.left} == {Fault.BLOB_MISSING}
    assert {path.name: path.read_bytes() for path in (data_dir / "damaged").iterdir()} == damaged

    import_archive(GOLDEN / "10-formats" / "oci-zstd.tar")
    check_sound()


def test_a_library_without_any_of_its_files_says_so_of_each():
    lived_in()
    for blob in Blob.objects.all():
        blob_path(blob.digest).unlink()

    found = [problem.subject for problem in problems() if problem.fault is Fault.BLOB_MISSING]
    assert found == list(Blob.objects.order_by("pk").values_list("digest", flat=True))
