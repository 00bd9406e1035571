"""The page of an image's bytes, and the page of a check."""

import re
from urllib.parse import quote

import pytest

from layers.operations.make_demo import make_demo
from layers.queries.images import find_image
from layers.queries.ledgers import ledger_of
from tests.built import build, file, folder, gone, hard

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
QUERIES = [
    "",
    "?by=layer",
    "?by=type",
    "?path=var/cache/apt",
    "?layer=1&path=var",
    "?type=configuration",
    "?list=largest",
    "?list=identical",
    "?list=duplicates",
    "?list=packages",
    "?from=1&to=2",
    "?without=*.deb",
]


@pytest.fixture
def url() -> str:
    """The page of the demo image that wastes most of its bytes."""
    make_demo()
    return page_of(find_image("webserver:v2"))


def page_of(image) -> str:
    return f"/images/{image.image_id.partition(':')[2]}/space/"


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("query", QUERIES)
def test_page_is_whole_without_scripts_and_a_part_for_htmx(client, url, query):
    html = client.get(url + query).content.decode()
    part = client.get(url + query, headers=HTMX).content.decode()

    assert html.startswith("<!doctype html>")
    assert html.count("<h1>") == 1
    assert part.lstrip().startswith('<div id="space"')
    assert part.strip() in html


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "--largest 20 --hidden"),
        ("?list=largest", "--largest 20"),
        ("?list=duplicates", "--duplicates 20"),
        ("?list=packages", "--by package"),
    ],
)
def test_the_page_names_the_command_that_lists_the_same(client, url, query, words):
    assert f"python manage.py space webserver:v2 {words}<" in client.get(url + query).content.decode()


def test_the_sums_are_those_of_the_ledger(client, url):
    ledger = ledger_of(find_image("webserver:v2"))
    html = client.get(url).content.decode()

    for size in (ledger.live, ledger.shadowed, ledger.deleted, ledger.content_size, ledger.wasted):
        assert f'title="{size} B"' in html
    assert "5.11 MB in 6 layers: 658 kB are seen, 4.46 MB are shipped for nothing." in html


@pytest.mark.parametrize("query", QUERIES[:6])
def test_the_table_adds_up_and_says_what_the_picture_says(client, url, query):
    html = client.get(url + query).content.decode()
    (table,) = re.findall(r'<table class="space-table">.*?</table>', html, re.DOTALL)
    rows = re.findall(r'<tr data-at="(\d+)">.*?title="(\d+) B"', table, re.DOTALL)
    whole = int(re.search(r'<th scope="row">together</th><td class="num" title="(\d+) B"', table)[1])

    assert [int(at) for at, _ in rows] == list(range(len(rows)))
    assert sum(int(size) for _, size in rows) == whole
    drawn = {int(at) for at in re.findall(r'class="tile[^"]*" data-at="(\d+)"', html)}
    assert drawn <= {int(at) for at, _ in rows}


def test_every_link_of_the_picture_is_a_link_of_the_table_or_below_it(client, url):
    html = client.get(url).content.decode()
    tiles = [link.replace("&amp;", "&") for link in re.findall(r'<a href="([^"]+)" tabindex="-1"', html)]

    assert tiles
    base = url
    assert {client.get(link if link.startswith("/") else base + link).status_code for link in tiles} == {200}


def test_both_scores_are_shown_each_under_its_name(client, url):
    said = text(client.get(url).content.decode())

    assert "here 12.86 % 4.46 MB 87.15 %" in said
    assert "as dive reckons 12.86 % 4.46 MB 87.16 %" in said


def test_of_a_large_image_dives_score_is_fetched_by_itself(client, url, monkeypatch):
    monkeypatch.setattr("layers.views.space.QUICK_ITEMS", 0)
    html = client.get(url).content.decode()

    assert "work it out" in html
    (link,) = re.findall(r'hx-get="([^"]+)" hx-trigger="load"', html)
    assert "as dive reckons 12.86 %" in text(client.get(link, headers=HTMX).content.decode())
    assert client.get(link).content.decode().count("<h1>") == 1


def test_advice_names_both_steps(client, url):
    said = text(client.get(url).content.decode())

    assert (
        "“rm /var/cache/apt/archives/*.deb /var/lib/apt/lists/*” in layer 2 hides 4.46 MB of layer 1" in said
    )


def test_a_hidden_file_opens_and_downloads_from_the_layer_that_holds_it(client, url):
    html = client.get(url).content.decode()
    row = next(part for part in html.split("<tr") if "nginx_1.27.3-1_amd64.deb</a>" in part)
    page, raw = (
        next(link for link in re.findall(r'href="([^"]+)"', row) if kind in link)
        for kind in ("/file/", "/raw/")
    )

    assert "layer=1" in page
    assert client.get(page.replace("&amp;", "&")).status_code == 200
    content = b"".join(client.get(raw.replace("&amp;", "&")).streaming_content)
    assert len(content) == 4194304


def test_what_if_tells_the_sizes_and_who_shares(client, url):
    said = text(client.get(url + "?from=1&to=2").content.decode())

    assert "5.11 MB of content would be 659 kB." in said
    assert "webserver:v1 4 layers, 4.46 MB" in said


@pytest.mark.parametrize(
    ("query", "command"),
    [
        ("?from=1&to=2", "space webserver:v2 --squash 1-2"),
        ("?without=*.deb", "space webserver:v2 --without &#x27;*.deb&#x27;"),
    ],
)
def test_what_if_says_which_command_tells_the_same(client, url, query, command):
    assert command in client.get(url + query).content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?from=2&to=1", "2 to 1 is no run of two or more"),
        ("?without=/", "A pattern for paths has"),
        ("?without=*.nothing", "No content would go"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(client, url, query, sentence):
    response = client.get(url + query)

    assert response.status_code == 200
    assert sentence in response.content.decode()


@pytest.mark.parametrize(
    "query", ["?by=x&layer=99&type=x&list=x&offset=x", "?path=no/such", "?offset=999999"]
)
def test_nonsense_in_the_address_is_as_if_it_were_not_there(client, url, query):
    assert client.get(url + query).status_code == 200


def test_lists_come_in_pages(client, tmp_path):
    layer = [file(f"f{number:03}", b"x" * (number + 1)) for number in range(60)]
    image = build(
        tmp_path, "many:1", ("COPY", layer), ("RUN", [gone(f"f{number:03}") for number in range(60)])
    )
    first = client.get(page_of(image)).content.decode()
    last = client.get(page_of(image) + "?offset=50").content.decode()

    assert "1–25 of 60" in first
    assert "51–60 of 60" in last
    assert "/f059" in first
    assert "/f000" in last


def test_every_list_names_what_it_lists(client, tmp_path):
    image = build(
        tmp_path,
        "lists:1",
        ("COPY", [file("opt/app/a", b"same"), file("opt/app/b", b"same"), hard("opt/app/c", "opt/app/b")]),
        ("RUN chown", [file("opt/app/a", b"same", uid=5)]),
    )
    said = {
        name: text(client.get(f"{page_of(image)}?list={name}").content.decode())
        for name in ("hidden", "largest", "identical", "duplicates", "packages")
    }

    assert "/opt/app/a 4 B 0 1 same content" in said["hidden"]
    assert "/opt/app/b = /opt/app/c 4 B 0" in said["largest"]
    assert "same content owner" in said["identical"]
    assert "/opt/app/a /opt/app/b 4 B 2 4 B" in said["duplicates"]
    assert "/opt/app / 12 B 4 B 3" in said["packages"]


def test_an_image_without_layers_or_without_bytes(client, tmp_path):
    for name, layers in (("none:1", []), ("empty:1", [("RUN", [folder("d"), file("d/x")])])):
        response = client.get(page_of(build(tmp_path, name, *layers)))
        assert response.status_code == 200


def test_directories_with_nothing_but_one_in_them_are_one_row(client, tmp_path):
    image = build(tmp_path, "deep:1", ("COPY", [file("a/b/c/x", b"1"), file("a/b/c/y", b"2")]))
    html = client.get(page_of(image)).content.decode()

    assert '<a class="name dir" data-row href="?path=a/b/c"' in html


# --- the check ------------------------------------------------------------------------

RULES = "rules:\n  lowestEfficiency: 0.1\n  forbiddenPaths:\n    - '*.deb'\n"


def check_of(url: str) -> str:
    return url.replace("/space/", "/check/")


def test_the_rules_of_the_address_are_held_against_the_image(client, url):
    html = client.get(f"{check_of(url)}?rules={quote(RULES)}").content.decode()
    said = text(html)

    assert "Failed: 2 rules are broken" in said
    assert "lowestEfficiency 12.86 %, at least 10.00 % wanted kept" in said
    assert (
        "hidden, but anyone can recover it , layer 1" in said
        or "hidden, but anyone can recover it, layer 1" in said
    )
    assert RULES.splitlines()[1] in html


def test_without_rules_they_are_dives(client, url):
    html = client.get(check_of(url)).content.decode()

    assert "at least 90.00 % wanted" in html
    assert "manage.py check webserver:v2" in html
    assert "--rules" not in html


def test_rules_that_are_none_get_a_sentence(client, url):
    response = client.get(f"{check_of(url)}?rules=nonsense")

    assert response.status_code == 422
    assert "Line 1 is no “key: value”" in response.content.decode()


def test_a_part_for_htmx(client, url):
    part = client.get(check_of(url), headers=HTMX).content.decode()

    assert part.lstrip().startswith('<div id="check"')
