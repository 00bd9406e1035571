"""What real engines made, imported, edited, saved and deleted, leaves a library in which nothing is wrong."""

import pytest

from layers.models import Image, Reference
from layers.oci.errors import OCIError
from layers.operations.delete_image import delete_image
from layers.operations.import_archive import import_archive
from layers.operations.prune_blobs import prune_blobs
from layers.operations.remove_container import remove_container
from tests.fsck.library import GOLDEN, lived_in
from tests.soundness import check_sound

ARCHIVES = sorted(str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*.tar"))

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_golden_archive_is_sound_once_imported(archive):
    try:
        import_archive(GOLDEN / archive)
    except OCIError:
        assert not Image.objects.exists()
    check_sound()


def test_all_of_them_together_are_sound_and_leave_nothing():
    for archive in ARCHIVES:
        try:
            import_archive(GOLDEN / archive)
        except OCIError:
            continue
    check_sound()
    for image in Image.objects.order_by("?"):
        delete_image(image=image)
    prune_blobs()
    check_sound()
    assert not Reference.objects.exists()


def test_a_container_leaves_nothing_wrong():
    container = lived_in()
    check_sound()
    remove_container(container=container)
    check_sound()
