"""Pages of a directory are what its listing is cut into."""

import pytest

from layers.models import Image
from layers.oci.changeset.entry import Kind
from layers.operations.import_archive import import_archive
from layers.queries.directory_page import directory_page
from layers.queries.images import find_image
from layers.queries.tree import NoSuchPath, listing, walk
from tests.oracle.golden import GOLDEN, RECORDED

pytestmark = pytest.mark.django_db


def directories(image: Image, position: int) -> list[bytes]:
    return [b"", *(row.path for row in walk(image, position) if row.entry.kind is Kind.DIRECTORY)]


@pytest.mark.parametrize("archive", RECORDED, ids=str)
def test_pages_are_slices_of_the_listing_at_every_layer(archive):
    for image in import_archive(archive.path).images:
        for position in range(image.image_layers.count()):
            for path in directories(image, position):
                rows = listing(image, position, path)
                for offset, limit in ((0, 3), (2, 1000), (len(rows), 5)):
                    page = directory_page(image, position, path, offset=offset, limit=limit)
                    assert page.rows == rows[offset : offset + limit]
                    assert page.total == len(rows)
                    assert page.largest == max((row.subtree_size for row in rows), default=0)


@pytest.mark.parametrize(("path", "error"), [(b"nowhere", NoSuchPath), (b"etc/passwd", NotADirectoryError)])
def test_what_is_no_directory_is_refused(path, error):
    import_archive(GOLDEN / "01-webserver" / "image.tar")

    with pytest.raises(error):
        directory_page(find_image("nginx:latest"), 0, path, offset=0, limit=1)
