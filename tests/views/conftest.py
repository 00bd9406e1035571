"""A library with the founding walk-through in it: nginx, latest and v2."""

from pathlib import Path

import pytest

from layers.models import Image, Reference
from layers.operations.import_archive import import_archive

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def imported(archive: Path, tag: str) -> Image:
    import_archive(archive, filename=archive.name)
    return Reference.objects.select_related("image").get(tag=tag).image


@pytest.fixture
def nginx(db, data_dir) -> Image:
    """Five layers; the top one changes index.html and adds /root/.bash_history."""
    return imported(GOLDEN / "01-webserver" / "image.tar", "v2")


@pytest.fixture
def url(nginx: Image) -> str:
    """The page of the image."""
    return f"/images/{nginx.image_id.partition(':')[2]}/"
