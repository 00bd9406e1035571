"""What comes in goes out byte for byte, and a commit adds one layer and changes no other."""

import io
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from layers.models import Container, Image
from layers.oci.digest import Digest
from layers.oci.errors import OCIError
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.delete_image import delete_image
from layers.operations.import_archive import import_archive
from layers.operations.prune_blobs import prune_blobs
from layers.operations.save_images import save_images
from layers.operations.write_file import write_file
from layers.queries.images import find_image
from layers.queries.selection import select_images
from layers.storage import open_blob, stored_digests
from tests.hostile.test_hostile import CASES
from tests.soundness import check_sound

TESTS = Path(__file__).resolve().parents[1]
ARCHIVES = sorted(str(path.relative_to(TESTS)) for path in (TESTS / "golden").glob("*/*.tar*"))
TRUNCATED = "golden/13-handmade-tars/truncated.tar"
"""Recorded because engines refuse it, as we do."""
GOOD = [archive for archive in ARCHIVES if archive != TRUNCATED]
ODD = sorted(case["file"] for case in CASES if case["verdict"] == "accept")

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def content_of(digest: str) -> bytes:
    with open_blob(digest) as file:
        data = file.read()
    assert f"sha256:{sha256(data).hexdigest()}" == digest
    return data


def told(image: Image) -> tuple[bytes, list[tuple[str, str, bytes]]]:
    """The bytes of its config; of each layer diff ID, digest and bytes."""
    layers = image.image_layers.select_related("layer", "stored__blob")
    return content_of(image.image_id), [
        (row.layer.diff_id, row.stored.blob.digest, content_of(row.stored.blob.digest)) for row in layers
    ]


def library() -> dict[str, tuple[bytes, list[tuple[str, str, bytes]]]]:
    return {image.image_id: told(image) for image in Image.objects.all()}


def empty() -> None:
    Container.objects.all().delete()
    for image in Image.objects.all():
        delete_image(image=image)
    prune_blobs()
    assert list(stored_digests()) == []


def check_round_trip() -> None:
    """Each image, saved in either format and loaded into an empty library, is what it was."""
    before = library()
    saved = [
        b"".join(save_images(select_images([image_id]), format=format))
        for image_id in before
        for format in ("docker", "oci")
    ]
    for image_id, data in zip([key for key in before for _ in range(2)], saved, strict=True):
        empty()
        import_archive(io.BytesIO(data))
        assert library() == {image_id: before[image_id]}
    check_sound()


@pytest.mark.parametrize("archive", GOOD)
def test_a_recorded_archive(archive):
    import_archive(TESTS / archive)

    check_round_trip()


def test_the_one_that_is_cut_short_is_refused():
    with pytest.raises(OCIError):
        import_archive(TESTS / TRUNCATED)


def test_odd_archives_that_are_to_be_taken(tmp_path):
    maker = [sys.executable, str(TESTS / "hostile" / "make_hostile.py"), str(tmp_path)]
    subprocess.run(maker, check=True, capture_output=True)
    for name in ODD:
        import_archive(tmp_path / name, filename=os.path.basename(name))
        check_round_trip()
        empty()


@pytest.mark.parametrize("archive", GOOD)
def test_a_commit_adds_one_layer_and_changes_no_other(archive):
    for image in import_archive(TESTS / archive).images:
        config, layers = told(image)
        container = create_container(image=image)
        write_file(container=container, path=b"unrelated", data=b"edit")

        made = find_image(commit_container(container=container).image_id)

        _config, found = told(made)
        assert found[:-1] == layers
        assert len(found) == len(layers) + 1
        assert told(image) == (config, layers)
        assert made.image_id != str(Digest.of(config))
