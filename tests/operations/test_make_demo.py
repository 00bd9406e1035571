"""The demo in the library: imported like any archive, and told as docker would."""

import pytest
from django.core.management import call_command

from layers.models import Blob, Image, Reference
from layers.operations.make_demo import make_demo

pytestmark = pytest.mark.django_db(transaction=True)


def test_demo_is_imported_under_its_names():
    make_demo()

    assert sorted(map(str, Reference.objects.all())) == [
        "docker.io/library/shop:v1",
        "docker.io/library/webserver:v1",
        "docker.io/library/webserver:v2",
    ]


def test_layers_add_change_and_delete_as_the_walk_through_says():
    make_demo()
    image = Reference.objects.get(tag="v2").image
    counts = [
        (row.chain.added, row.chain.changed, row.chain.deleted)
        for row in image.image_layers.select_related("chain")
    ]

    assert counts == [(39, 0, 0), (22, 9, 0), (0, 7, 2), (0, 3, 0), (3, 8, 0), (9, 11, 1)]


def test_deleted_package_is_still_shipped():
    make_demo()
    image = Reference.objects.get(repository__endswith="/webserver", tag="v1").image

    assert image.size - image.chain.merged_size > 4 * 2**20


def test_demo_made_twice_is_stored_once():
    make_demo()
    before = Image.objects.count(), Blob.objects.count()
    make_demo()

    assert (Image.objects.count(), Blob.objects.count()) == before == (3, 20)


def test_if_empty_leaves_a_library_alone(capsys):
    call_command("demo", if_empty=True)
    Reference.objects.all().delete()
    call_command("demo", if_empty=True)

    assert capsys.readouterr().out.splitlines() == [
        "Loaded image: webserver:v1",
        "Loaded image: webserver:v2",
        "Loaded image: shop:v1",
    ]
    assert not Reference.objects.exists()
