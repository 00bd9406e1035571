"""The shelf as a tree: who stands on whom, what is shared, and what is built on what."""

import io
import json
import tarfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers.models import Image, Reference
from layers.operations.import_archive import import_archive
from layers.queries.images import shared_sizes
from layers.queries.shelf import base_of, bases, shelf_tree
from tests.oci import archives
from tests.oracle.golden import GOLDEN

pytestmark = pytest.mark.django_db


def layer(name: str, size: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = size
        tar.addfile(info, io.BytesIO(bytes(size)))
    return file.getvalue()


BASE, MIDDLE, LEFT, RIGHT, OTHER = (
    layer(name, size)
    for name, size in [("base", 100), ("middle", 10), ("left", 3), ("right", 4), ("other", 7)]
)
SHELF = {
    "debian:12": [BASE],
    "left:1": [BASE, MIDDLE, LEFT],
    "right:1": [BASE, MIDDLE, RIGHT],
    "": [BASE, MIDDLE, RIGHT, OTHER],
    "alone:1": [OTHER],
    "twin:1": [OTHER],
    "bare:1": [],
}


@pytest.fixture
def shelf(tmp_path) -> None:
    for number, (name, tars) in enumerate(SHELF.items()):
        members = {f"{at}.tar": tar for at, tar in enumerate(tars)}
        raw = archives.config(*tars, author=str(number))
        manifest = [{"Config": "c.json", "RepoTags": [name] if name else None, "Layers": list(members)}]
        packed = archives.packed(
            ("c.json", raw), *members.items(), ("manifest.json", json.dumps(manifest).encode())
        )
        (tmp_path / "image.tar").write_bytes(packed)
        import_archive(tmp_path / "image.tar")


def drawn() -> list[str]:
    """The tree as text: depth by dots, names, layers, own bytes, bytes in all, images."""
    return [
        f"{'.' * (len(follows) - 1)}{stand.name or '-'} {stand.layer_count} {stand.own_size} "
        f"{stand.whole_size} {stand.image_count}"
        for stand, follows in shelf_tree().stands()
    ]


def image(name: str) -> Image:
    return Reference.objects.get(repository__endswith=name.partition(":")[0]).image


def test_images_stand_on_what_they_share(shelf):
    unnamed = Image.objects.get(references=None)

    assert drawn() == [
        "debian:12 1 100 100 4",
        ".- 1 10 110 3",
        "..right:1 1 4 114 2",
        f"...{unnamed.image_id[7:19]} 1 7 121 1",
        "..left:1 1 3 113 1",
        "twin:1 1 7 7 2",
    ]


def test_images_without_layers_stand_apart(shelf):
    tree = shelf_tree()

    assert [each.name for each in tree.bare] == ["bare:1"]
    assert tree.totals.image_count == 7
    assert tree.totals.sum_size == 100 + 113 + 114 + 121 + 7 + 7
    assert tree.totals.shared_once_size == 100 + 10 + 3 + 4 + 7 + 7
    assert tree.totals.saved_size == tree.totals.sum_size - tree.totals.shared_once_size


def test_own_bytes_of_all_stands_are_all_bytes(shelf):
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    import_archive(GOLDEN / "12-tags-dangling-identical" / "image.tar")
    tree = shelf_tree()

    assert sum(stand.own_size for stand, _ in tree.stands()) == tree.totals.shared_once_size
    shares = shared_sizes()
    for stand, _ in tree.stands():
        for each in stand.images:
            shared, count = shares[each.image.pk]
            assert stand.whole_size == each.image.size
            assert stand.depth + 1 == count
            if len(stand.images) == 1 and not stand.children:
                assert stand.own_size == each.image.size - shared


def test_base_is_the_longest_named_beginning(shelf):
    found = bases(shelf_tree())
    told = {
        each.image.pk: (found[each.image.pk].shelved.name, found[each.image.pk].layer_count)
        for stand, _ in shelf_tree().stands()
        for each in stand.images
        if each.image.pk in found
    }
    unnamed = Image.objects.get(references=None)

    assert told == {
        image("left:1").pk: ("debian:12", 2),
        image("right:1").pk: ("debian:12", 2),
        unnamed.pk: ("right:1", 1),
    }
    for each in Image.objects.select_related("chain"):
        base = base_of(each)
        assert (told.get(each.pk)) == (None if base is None else (base.shelved.name, base.layer_count))


def test_an_image_is_not_built_on_one_without_a_name(shelf):
    Reference.objects.filter(repository__endswith="debian").delete()

    assert base_of(image("left:1")) is None


def test_an_empty_shelf_has_no_stands(db):
    tree = shelf_tree()

    assert (list(tree.stands()), tree.bare, tree.totals.saved_size) == ([], [], 0)


def test_questions_to_the_database_do_not_grow_with_the_shelf(shelf):
    with CaptureQueriesContext(
        connection,
    ) as few:
        shelf_tree()
    import_archive(GOLDEN / "12-tags-dangling-identical" / "image.tar")
    with CaptureQueriesContext(connection) as more:
        shelf_tree()
    assert len(more) == len(few)
