"""A config of 65,535 ports is counted to the last, and shown in part."""

import re

import pytest

from layers.models import Container
from layers.operations.create_container import create_container
from layers.queries.commit_plan import CommitOptions, plan_commit
from tests.layered import import_layers


@pytest.fixture
def container(db) -> Container:
    image = import_layers({"a": b"a"}, config={"Cmd": ["sh"]})
    return create_container(image=image, name="ports")


def test_the_preview_shows_some_and_counts_all(client, container):
    address = f"/containers/{container.container_id}/commit/preview/"
    one, all_ports = (
        client.post(address, {"as": "lines", "lines": f"EXPOSE {ports}"}).content.decode()
        for ports in ("1", "1-65535")
    )
    counts = [int(re.search(r"(\d+) fields differ", html)[1]) for html in (one, all_ports)]

    assert counts[1] == counts[0] + 65_534  # of one port the whole object is the field
    assert 150 < all_ports.count("config.ExposedPorts.") <= 200
    assert f"and {counts[1] - 200} more" in all_ports


def test_the_commit_has_them_all(container):
    container.config_changes = ["EXPOSE 1-65535"]
    container.save()

    assert len(plan_commit(container, CommitOptions()).runtime["ExposedPorts"]) == 65_535


def test_a_comparison_shows_a_page_of_them(client, container):
    container.config_changes = ["EXPOSE 1-65535"]
    container.save()
    address = f"/compare/?a={container.image.image_id}&b=ports&tab=config"
    html = client.get(address, follow=True).content.decode()

    assert 250 < html.count("config.ExposedPorts.") <= 300
    assert int(re.search(r"–300 of ([\d,]+)", html)[1].replace(",", "")) >= 65_535
