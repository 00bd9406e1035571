"""The page that compares two sides: every part of it at a URL, with and without scripts."""

import io
import json
from urllib.parse import quote

import pytest

from layers.models import Image
from layers.operations.create_container import create_container
from layers.operations.import_archive import import_archive
from layers.operations.write_file import write_file
from layers.queries import compared_files
from layers.queries.compared_files import KEPT
from tests.oracle.golden import GOLDEN
from tests.views.test_hostile_text import EVIL, NAMES, tar
from tests.views.test_hostile_text import url as hostile_image

__all__ = ["hostile_image"]
HTMX = {"HX-Request": "true"}
PAIR = "/compare/?a=nginx:latest&b=nginx:v2"
INDEX = "usr/share/nginx/html/index.html"
PAGES = [
    "/compare/",
    "/compare/?a=nginx:v2",
    PAIR,
    PAIR + "&tab=config",
    PAIR + "&tab=config&all=1",
    PAIR + "&tab=history",
    PAIR + "&tab=sizes",
    PAIR + "&tab=sizes&path=usr/share&all=1",
    PAIR + "&tab=packages",
    PAIR + "&kinds=A&q=bash&min=1&sort=size&silent=1&why=content",
    "/compare/?a=nginx:v2@1&b=nginx:v2@3",
    "/compare/?a=nginx:v2&b=web",
    f"/compare/file/?a=nginx:latest&b=nginx:v2&path={INDEX}",
    "/compare/file/?a=nginx:latest&b=nginx:v2&path=usr",
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def images(data_dir):
    KEPT.clear()
    import_archive(GOLDEN / "01-webserver" / "image.tar")


@pytest.fixture
def container():
    image = Image.objects.get(references__tag="v2")
    container = create_container(image=image, name="web")
    write_file(container=container, path=b"etc/motd", data=b"hello\n")
    return container


def html(client, url, **headers):
    return client.get(url, headers=headers).content.decode()


@pytest.mark.parametrize("url", PAGES)
def test_page_is_whole_without_scripts_and_a_part_with_them(client, container, url):
    whole, part = client.get(url), client.get(url, headers=HTMX)

    assert whole.status_code == part.status_code == 200
    assert whole.content.decode().startswith("<!doctype html>")
    assert whole.content.decode().count("<h1>") == 1
    assert "<!doctype" not in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]


def test_files_say_kind_why_and_where_they_are_compared(client):
    page = html(client, PAIR)

    assert 'class="change change-A"' in page
    assert "root/.bash_history" in page
    assert f'href="/compare/file/?a=nginx%3Alatest&amp;b=nginx%3Av2&amp;path={INDEX}"' in page
    assert "manage.py compare nginx:latest nginx:v2 --files" in page


def test_the_other_way_round_what_was_added_is_deleted(client):
    page = html(client, PAIR + "&kinds=A")
    swapped = page.partition('id="swap" class="button" href="')[2].partition('"')[0].replace("&amp;", "&")

    assert swapped == "?a=nginx%3Av2&b=nginx%3Alatest&kinds=D"
    assert 'class="change change-D"' in html(client, "/compare/" + swapped)


def test_a_layer_of_the_form_becomes_part_of_the_name(client):
    response = client.get("/compare/?a=nginx:v2&a_layer=1&a_was=nginx:v2&b=nginx:v2&b_layer=&tab=sizes")
    assert response.headers["Location"] == "/compare/?a=nginx%3Av2%401&b=nginx%3Av2&tab=sizes"

    response = client.get("/compare/?a=nginx:latest&a_layer=4&a_was=nginx:v2&b=nginx:v2&b_layer=")
    assert response.headers["Location"] == "/compare/?a=nginx%3Alatest&b=nginx%3Av2"


def test_ticked_images_become_the_two_sides(client):
    response = client.get("/compare/?image=nginx:latest&image=nginx:v2&image=a:b")
    assert response.headers["Location"] == "/compare/?a=nginx%3Alatest&b=nginx%3Av2&chosen=3"
    assert "3 images were ticked" in html(client, response.headers["Location"])

    newest_first = client.get("/compare/?image=nginx:v2&image=nginx:latest")
    assert newest_first.headers["Location"] == "/compare/?a=nginx%3Alatest&b=nginx%3Av2"
    assert client.get("/compare/?image=nginx:v2").headers["Location"] == "/compare/?a=nginx%3Av2&b="


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("a=absent&b=nginx:v2", "No image is called"),
        ("a=nginx:v2&b=nginx:v2@9", "There is no layer"),
        ("a=%00&b=%ff", "No image is called"),
        (f"a={quote(EVIL)}&b=nginx:v2", "No image is called"),
    ],
)
def test_a_side_that_means_nothing_is_said_beside_it(client, query, sentence):
    response = client.get("/compare/?" + query)
    page = response.content.decode()

    assert response.status_code == 404
    assert sentence in page
    assert "<script>alert" not in page
    assert client.get(f"/compare/file/?{query}&path=etc").status_code == 404


@pytest.mark.parametrize(
    "url", [PAIR + "&tab=sizes&path=nowhere", "/compare/file/?a=nginx&b=nginx:v2&path=no"]
)
def test_a_path_that_neither_side_has_is_not_found(client, url):
    assert client.get(url).status_code == 404


def test_what_may_be_picked_is_narrowed_by_a_search(client, container):
    everything, found = (html(client, f"/compare/choices/?side=b&b=x&find={text}") for text in ("", "WEB"))

    assert "<option>nginx:latest</option>" in everything
    assert "<option>web</option>" in everything
    assert "<option>web</option>" in found
    assert "nginx" not in found
    assert '<option value="x" selected>' in found


def test_what_one_side_is_stays_picked_though_it_goes_by_an_id(client):
    image = Image.objects.get(references__tag="v2")
    page = html(client, f"/compare/?a={image.image_id}@1&b=nginx:v2")

    assert f'<option value="{image.image_id}" selected>' in page
    assert '<option value="1" selected>' in page


def test_first_page_of_many_rows_does_not_count_them(client, monkeypatch):
    monkeypatch.setattr(compared_files, "ENTRIES_AT_ONCE", 0)
    monkeypatch.setattr(compared_files, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr("layers.views.compare.PAGE_ROWS", 5)
    monkeypatch.setattr("layers.queries.merged_tree.FIRST_BATCH", 1)
    url = "/compare/?a=nginx:latest@0&b=nginx:v2"
    page = html(client, url)

    assert page.count('<tr class="change ') == 5
    assert "1–5 of more" in page
    assert 'hx-trigger="load"' in page
    counted = html(client, url + "&counts=1", **HTMX)
    assert 'hx-trigger="load"' not in counted
    assert "of more" not in counted


def test_pages_follow_each_other(client, monkeypatch):
    count = html(client, PAIR).count('<tr class="change ')
    monkeypatch.setattr("layers.views.compare.PAGE_ROWS", count // 2 - 1)
    pages = [html(client, f"{PAIR}&offset={page * (count // 2 - 1)}") for page in range(3)]

    assert sum(page.count('<tr class="change ') for page in pages) == count
    assert ["page-before" in page for page in pages] == [False, True, True]
    assert ["page-after" in page for page in pages] == [True, True, False]


@pytest.mark.parametrize("tab", ["config&all=1", "history", "sizes&all=1&path=bin"])
def test_long_tabs_have_pages(client, monkeypatch, tab):
    url = f"/compare/?a=nginx:latest@0&b=nginx:v2&tab={tab}"
    whole = html(client, url)
    assert 'class="pager"' not in whole

    monkeypatch.setattr("layers.views.compare.TAB_ROWS", 2)
    first, second = html(client, url), html(client, url + "&offset=2")
    assert "1–2 of" in first
    assert "3–4 of" in second or "3–3 of" in second


def test_a_file_is_compared_side_by_side_with_all_that_is_known(client):
    page = html(client, f"/compare/file/?a=nginx:latest&b=nginx:v2&path={INDEX}")

    assert "<del>" in page
    assert "<ins>" in page
    assert "SHA-256" in page
    assert 'class="differs"' in page


def test_a_file_of_one_side_is_compared_with_nothing(client, container):
    page = html(client, "/compare/file/?a=nginx:v2&b=web&path=etc/motd")

    assert "nginx:v2: not there" in page
    assert "hello" in page


def test_neighbours_lead_through_what_differs(client):
    page = html(client, f"/compare/file/?a=nginx:latest&b=nginx:v2&path={INDEX}")

    assert 'data-key="[" title="/run/nginx.pid ( [ )"' in page
    assert 'data-key="]"' not in page


def test_secrets_in_a_config_are_covered(client, container):
    container.config_changes = ["ENV DB_PASSWORD=hunter2 MODE=dark"]
    container.save()
    page = html(client, "/compare/?a=nginx:v2&b=web&tab=config")
    secret = page.index("hunter2")

    assert '<details class="secret">' in page[secret - 400 : secret]
    assert (
        '<details class="secret">'
        not in page[page.index("&quot;dark&quot;") - 60 : page.index("&quot;dark&quot;")]
    )


def test_hostile_text_is_never_markup(client, hostile_image):
    for query in (
        "",
        "&tab=config&all=1",
        "&tab=history",
        "&tab=sizes",
        "&tab=packages",
        f"&q={quote(EVIL)}",
    ):
        for pair in ("a=nginx:v2&b=evil:1", "a=evil:1&b=nginx:v2"):
            page = html(client, f"/compare/?{pair}{query}")
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert not {"\u202e", "\u200b", "\x1b"} & set(page)


def test_every_hostile_name_leads_to_its_comparison(client, hostile_image):
    page = html(client, "/compare/?a=nginx:v2&b=evil:1&kinds=A")
    links = [part.partition('"')[0] for part in page.split('class="path" href="')[1:]]

    assert len(links) > len(NAMES)
    assert {client.get(link.replace("&amp;", "&")).status_code for link in links} == {200}


@pytest.mark.parametrize("query", ["", "&tab=config", "&tab=history", "&tab=sizes", "&tab=packages"])
def test_an_image_without_layers_has_nothing_and_is_compared_all_the_same(client, query):
    import_archive(io.BytesIO(bare_archive()), filename="bare.tar")
    for pair in ("a=bare:1&b=nginx:v2", "a=nginx:v2&b=bare:1", "a=bare:1&b=bare:1"):
        assert client.get(f"/compare/?{pair}{query}").status_code == 200
    assert "They share no layer" in html(client, "/compare/?a=bare:1&b=nginx:v2")


def bare_archive() -> bytes:
    """An image that holds settings only."""
    config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}}
    manifest = [{"Config": "c.json", "RepoTags": ["bare:1"], "Layers": []}]
    return tar({b"manifest.json": json.dumps(manifest).encode(), b"c.json": json.dumps(config).encode()})
