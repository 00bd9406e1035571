"""The search for links costs no more than it may, and says when it stopped."""

import pytest

from layers.operations.import_archive import import_archive
from layers.queries import links
from layers.queries.images import find_image
from layers.queries.links import LayerLinks, links_to
from layers.queries.tree import NoSuchPath
from tests.oracle.golden import GOLDEN

pytestmark = pytest.mark.django_db
BUSYBOX = b"bin/busybox"


@pytest.fixture
def image():
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    return find_image("nginx:v2")


def test_every_applet_leads_to_busybox(image):
    found = links_to(image, 4, BUSYBOX)

    assert len(found.symlinks) > 30
    assert {link.target for link in found.symlinks} == {b"busybox"}
    assert not found.is_cut


@pytest.mark.parametrize(
    ("bound", "value", "most"), [("CANDIDATES", 5, 5), ("NAMES_SHOWN", 3, 3), ("ENTRIES_SCANNED", 0, 0)]
)
def test_a_search_that_is_cut_off_says_so(image, monkeypatch, bound, value, most):
    monkeypatch.setattr(links, bound, value)
    found = links_to(image, 4, BUSYBOX)

    assert found.is_cut
    assert len(found.symlinks) <= most


def test_a_path_that_is_not_there_is_refused(image):
    with pytest.raises(NoSuchPath):
        links_to(image, 4, b"nowhere")


def test_links_to_links_and_in_circles_have_one_group():
    found = LayerLinks({b"b": b"a", b"c": b"b", b"x": b"y", b"y": b"x"})

    assert found.names(found.root(b"c")) == [b"a", b"b", b"c"]
    assert found.names(b"alone") == []
    assert found.root(b"x") in (b"x", b"y")
