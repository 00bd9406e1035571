"""The search page: groups with counts, a deep link for each hit, pages, and hostile names."""

import re
from html import unescape

import pytest
from django.urls import reverse

from layers.models import Image, Role
from layers.models.acting import Acting, acts
from layers.operations.create_user import create_user
from layers.operations.import_archive import import_archive
from layers.operations.index_configs import index_configs
from layers.operations.index_paths import index_paths
from layers.operations.read_packages import read_packages
from layers.queries import search as queries
from layers.queries.search import KINDS, find
from tests.views.conftest import GOLDEN, imported

HTMX = {"HX-Request": "true"}


@pytest.fixture
def indexed(nginx) -> Image:
    import_archive(GOLDEN / "07-names" / "image.tar")
    import_archive(GOLDEN / "02-delete-opaque" / "image.tar")
    index_configs()
    index_paths()
    read_packages()
    return nginx


def html(client, **query) -> str:
    answer = client.get("/search/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def groups(text: str) -> list[str]:
    return re.findall(r'<section id="group-(\w+)"', text)


def test_an_empty_box_says_what_can_be_searched(client, db):
    assert "etc/*/passwd" in html(client)
    assert "etc/*/passwd" in html(client, q=" ")


def test_all_kinds_stand_on_one_page_without_scripts(client, indexed):
    text = html(client, q="nginx")

    assert text.startswith("<!doctype html>")
    assert groups(text) == ["images", "history", "config", "paths"]
    assert 'value="nginx"' in text


def test_paths_come_later_where_a_script_waits_for_them(client, indexed):
    text = client.get("/search/", {"q": "nginx"}, headers=HTMX).content.decode()

    assert groups(text) == ["images", "history", "config", "paths"]
    url = unescape(re.search(r'id="group-paths"[^>]*hx-get="([^"]+)"', text)[1])
    assert "visible" not in text
    part = client.get(url, headers=HTMX).content.decode()
    assert groups(part) == ["paths"]
    assert "<mark>nginx</mark>.pid" in part


def test_a_group_is_a_whole_page_for_who_opens_its_address(client, indexed):
    assert html(client, q="nginx", kind="paths", group="1").startswith("<!doctype html>")


def test_nothing_found_is_said(client, indexed):
    assert "Nothing on the shelf" in html(client, q="no such thing")


def test_unknown_kinds_are_all_kinds(client, indexed):
    assert len(groups(html(client, q="nginx", kind="nonsense"))) == 4


def test_any_page_of_any_kind_is_answered(client, indexed):
    for kind in KINDS:
        for after in ("", "x", "-1", "0--", "0-zz-", "9" * 40, "1-6574-70"):
            assert groups(html(client, q="e", kind=kind, after=after)) == [kind]


def test_every_link_of_a_hit_leads_somewhere(client, indexed):
    for query in ("nginx", "html", indexed.image_id[7:19], "e", "**"):
        text = html(client, q=query)
        links = {unescape(link) for link in re.findall(r'href="(/(?:images|search)/[^"]*)"', text)}
        assert links
        for link in links:
            assert client.get(link).status_code in (200, 302), link


def test_hidden_versions_say_what_hides_them(client, indexed):
    text = html(client, q="index.html", kind="paths")

    assert "visible" in text
    assert "hidden: overwritten in layer 4" in text
    assert "hidden: deleted in layer" in html(client, q="keep.txt", kind="paths")


def test_pages_hold_every_path_once(client, indexed):
    expected = [path.path for path in find("paths", "**", limit=1000).paths]
    found, url = [], reverse("layers:search") + "?q=**&kind=paths"
    while url:
        text = client.get(url).content.decode()
        found += re.findall(r'<span class="found-path">.*?</svg> <a data-row href="[^"]*path=([^"]*)"', text)
        match = re.search(r'id="page-after" href="([^"]+)"', text)
        url = unescape(match[1]) if match else ""
    assert len(found) == len(expected) > 80
    assert len(set(found)) == len(expected)


def test_many_are_counted_up_to_a_bound(client, indexed, monkeypatch):
    monkeypatch.setattr(queries, "COUNTED", 50)

    assert "more than 50" in html(client, q="**", kind="paths")


def test_a_search_that_takes_too_long_says_so(client, indexed, monkeypatch):
    monkeypatch.setattr(queries, "SECONDS", -1)

    assert "was ended after two seconds" in html(client, q="nginx", kind="paths")


def test_layers_that_are_not_indexed_are_counted(client, indexed):
    import_archive(GOLDEN / "04-hardlinks" / "image.tar")

    assert "not indexed yet" in html(client, q="nginx")


def test_names_that_are_no_text_are_found_as_they_are_shown(client, indexed):
    text = html(client, q="\\xff", kind="paths")

    assert "path=n/%FF%FE" in text
    assert r"<mark>\xff</mark>\xfe" in text


def test_hostile_names_are_text(client, indexed):
    for query in ("<", "script", "**", '"'):
        text = html(client, q=query)
        assert "<script>" not in text.replace("<script src=", "")
        assert "onerror=" not in re.sub(r"&[a-z#0-9]+;", "", text) or "<img" not in text


def test_values_that_may_be_secret_are_covered(client, db, tmp_path):
    image = imported(GOLDEN / "09-config" / "image.tar", "legacy")
    image.config_texts.create(field="ENV", text="DB_PASSWORD=hunter2")

    text = html(client, q="DB_PASSWORD")
    assert "hidden: it may be a secret" in text


def test_where_a_path_is_in_all_images(client, indexed):
    text = client.get("/search/path/", {"path": "usr/share/nginx/html/index.html"}).content.decode()

    assert "In 2 images" in text
    assert "overwritten in layer 4" in text
    assert client.get("/search/path/?path=n/%FF%FE").status_code == 200
    assert client.get("/search/path/?path=nowhere").status_code == 404
    assert client.get("/search/path/").status_code == 404


def test_images_of_a_path_come_in_pages(client, indexed, monkeypatch):
    monkeypatch.setattr("layers.views.search.PAGE_ROWS", 1)
    names, url = [], "?path=usr/share/nginx"
    while url:
        text = client.get("/search/path/" + url).content.decode()
        names += re.findall(r'<a data-row class="tag-name"[^>]*>([^<]+)<', text)
        match = re.search(r'id="page-after" href="([^"]+)"', text)
        url = unescape(match[1]) if match else ""
    assert names == ["nginx:v2", "nginx:latest"]


def test_what_belongs_to_others_is_not_found(db, data_dir, settings):
    settings.ACCOUNTS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    people = {
        name: create_user(name=name, password="correct horse", role=role)
        for name, role in {"tina": Role.TEACHER, "anna": Role.STUDENT, "ben": Role.STUDENT}.items()
    }
    with acts(Acting(people["anna"])):
        image = import_archive(GOLDEN / "01-webserver" / "image.tar").images[0]
    index_configs()
    index_paths()
    (entry,) = [
        each.entry for path in find("paths", "bash_history", limit=5).paths for each in path.sightings
    ]
    words = {
        "images": "nginx",
        "layers": image.chain.layer.diff_id,
        "history": "nginx",
        "config": "nginx",
        "content": entry.sha256.hex(),
        "paths": "nginx",
    }
    found = {}
    for name, person in people.items():
        with acts(Acting(person)):
            found[name] = {kind: find(kind, word, limit=5).total for kind, word in words.items()}

    assert all(found["anna"].values())
    assert found["tina"] == found["anna"]
    assert found["ben"] == dict.fromkeys(words, 0)
