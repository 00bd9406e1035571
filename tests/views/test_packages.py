"""The page of packages, and what is downloaded from it."""

import io
import json

import pytest
from django.test import Client

from layers.models import Image
from layers.operations.import_archive import import_archive
from layers.operations.read_packages import read_packages
from tests.layered import import_layers
from tests.shop import shop_archive

HTMX = {"HX-Request": "true"}


@pytest.fixture
def shop(db) -> Image:
    return import_archive(io.BytesIO(shop_archive()), filename="shop.tar").images[0]


@pytest.fixture
def page_url(shop) -> str:
    read_packages()
    return page_of(shop)


def page_of(image: Image) -> str:
    return f"/images/{image.image_id.partition(':')[2]}/packages/"


def names(client: Client, url: str) -> list[str]:
    rows = client.get(url).context["lines"]
    return [line.row.package.name for line in rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["bash", "libc6", "nginx", "@babel/core", "express"]),
        ("?type=npm", ["@babel/core", "express"]),
        ("?q=NGI", ["nginx"]),
        ("?q=1.24", ["nginx"]),
        ("?layer=1", ["bash", "gcc-12", "libc6", "nginx"]),
        ("?view=removed", ["gcc-12"]),
        ("?view=removed&layer=1", []),
        ("?view=changes&layer=2", ["gcc-12", "nginx"]),
        ("?view=changes&type=npm", ["@babel/core", "express"]),
        ("?view=none&layer=x&offset=-1", ["bash", "libc6", "nginx", "@babel/core", "express"]),
        ("?layer=99", ["bash", "libc6", "nginx", "@babel/core", "express"]),
    ],
)
def test_what_is_asked_for_is_listed(client, page_url, query, expected):
    assert names(client, page_url + query) == expected


def test_the_page_tells_steps_upgrades_and_what_was_not_read(client, page_url):
    html = client.get(page_url).content.decode()

    assert "<del>1.22.1-9</del>" in html
    assert "RUN apt-get upgrade -y" in html
    assert "Berkeley DB" in html
    assert "python manage.py packages shop:2" in html
    assert "Debian GNU/Linux 12 (bookworm)" in html


def test_the_system_is_told_on_every_page_of_the_image(client, page_url):
    for place in ("", "config/", "history/"):
        html = client.get(page_url.removesuffix("packages/") + place).content.decode()
        assert "Debian GNU/Linux 12 (bookworm)" in html


def test_a_page_before_the_packages_are_read_says_so_and_asks_again(client, shop):
    url = page_of(shop)
    html = client.get(url).content.decode()
    download = client.get(url + "download/")

    assert "are being read" in html
    assert 'hx-trigger="every 2s"' in html
    assert (download.status_code, download.headers["Retry-After"]) == (503, "5")


def test_the_part_is_what_is_in_the_page(client, page_url):
    whole, part = client.get(page_url), client.get(page_url, headers=HTMX)

    assert "<!doctype" not in part.content.decode()
    assert part.content.decode().strip() in whole.content.decode()


def test_pages_of_a_hundred(client, db):
    files = {
        f"node_modules/p{number:03}/package.json": b'{"name": "p%03d", "version": "1"}' % number
        for number in range(250)
    }
    image = import_layers(files)
    read_packages()
    second = client.get(page_of(image) + "?offset=100").content.decode()

    assert "101–200 of 250" in second
    assert "p100" in second
    assert "p099" not in second


def test_the_bill_of_materials(client, page_url):
    answer = client.get(page_url + "download/?layer=0")
    document = json.loads(answer.content)

    assert answer.headers["Content-Type"].startswith("application/vnd.cyclonedx+json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert [component["name"] for component in document["components"]] == ["debian", "bash", "libc6"]


def test_hostile_names_are_text(client, db):
    name = b'{"name": "<img src=x onerror=alert(1)>", "version": "\\u202e1", "license": "<b>"}'
    image = import_layers({"node_modules/x/package.json": name})
    read_packages()
    html = client.get(page_of(image)).content.decode()

    assert "<img" not in html
    assert "<b>" not in html
    assert "\u202e" not in html


def test_an_image_without_layers(client, db):
    image = import_layers()

    assert "No package manager" in client.get(page_of(image)).content.decode()
