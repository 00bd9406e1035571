"""Configs of two sides: what says the same to an engine is the same."""

import pytest

from layers.operations.create_container import create_container
from layers.operations.import_archive import import_archive
from layers.queries.compared_config import compare_configs
from layers.queries.images import find_image
from layers.queries.sides import find_side
from tests.oracle.golden import GOLDEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def images():
    import_archive(GOLDEN / "01-webserver" / "image.tar")


def rows(a, b, **options):
    return {row.name: row.kind for row in compare_configs(find_side(a), find_side(b), **options)}


def test_an_image_does_not_differ_from_itself():
    assert rows("nginx:v2", "nginx:v2") == {}
    assert set(rows("nginx:v2", "nginx:v2", same=True).values()) == {""}


def test_a_field_that_is_left_away_is_as_one_that_is_empty():
    found = rows("nginx:latest", "nginx:v2")

    assert found["author"] in ("A", "C")
    assert not {"config.Domainname", "config.Tty", "history", "rootfs", "container_config"} & found.keys()


def test_a_container_has_the_config_that_a_commit_would_give_it():
    container = create_container(image=find_image("nginx:latest"), name="web")
    assert rows("nginx:latest", "web") == {}

    container.config_changes = ["ENV MODE=dark", "USER nobody"]
    container.save()

    assert rows("nginx:latest", "web") == {"config.Env.MODE": "A", "config.User": "A"}


def test_ports_and_volumes_are_told_by_their_names():
    container = create_container(image=find_image("nginx:latest"), name="web")
    container.config_changes = ["EXPOSE 8080", "VOLUME /data"]
    container.save()

    assert rows("nginx:latest", "web") == {"config.ExposedPorts.8080/tcp": "A", "config.Volumes": "A"}
