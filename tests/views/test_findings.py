"""The page of findings shows no secret unless that very one is asked for."""

import logging
import re

import pytest

from layers.models import Image
from layers.operations.search_findings import search_findings
from tests.layered import import_layers, steps
from tests.secrets import TOKENS, private_key

TOKEN = TOKENS["github-p"]
KEY = private_key()
ENV = "k3yT0Th3D00r"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def leaky(db) -> Image:
    return import_layers(
        {"srv/token": f"a\n{TOKEN}\n".encode(), "root/.ssh/id_rsa": KEY, "usr/bin/su": (b"x", 0o4755)},
        {"srv/.wh.token": b"", "root/.ssh/id_rsa": b"empty now"},
        config={"Env": [f"API_TOKEN={ENV}"]},
        history=steps("a", "RUN /bin/sh -c mysql --password=an0therOne # buildkit"),
    )


@pytest.fixture
def findings_url(leaky) -> str:
    search_findings()
    return url_of(leaky)


def url_of(image: Image) -> str:
    return f"/images/{image.image_id.partition(':')[2]}/findings/"


def keys(html: str) -> list[str]:
    return re.findall(r'id="show-([\w-]+)"', html)


@pytest.mark.parametrize(
    "query", ["", "?kind=secrets", "?shown=hidden", "?show=x", "?show=999999", "?show=env-7"]
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_nothing_is_shown_unasked(client, findings_url, query, headers):
    html = client.get(findings_url + query, headers=headers).content.decode()

    assert "••••••••" in html
    for secret in (TOKEN, KEY[40:90].decode(), ENV, "an0therOne"):
        assert secret not in html


def test_one_secret_is_shown_when_asked_for_and_no_other(client, findings_url, caplog):
    caplog.set_level(logging.DEBUG)
    secrets = [KEY.decode().strip().splitlines()[1], TOKEN, ENV, "an0therOne"]
    shown = []
    for key in keys(client.get(findings_url).content.decode()):
        answer = client.get(f"{findings_url}?show={key}")
        html = answer.content.decode()
        shown.append([number for number, secret in enumerate(secrets) if secret in html])
        assert answer.headers["Cache-Control"] == "no-store"

    assert sorted(shown) == [[0], [1], [2], [3]]
    assert not any(secret in caplog.text for secret in secrets)


def test_a_secret_of_another_image_is_not_shown(client, findings_url):
    key = next(key for key in keys(client.get(findings_url).content.decode()) if key.isdigit())
    other = import_layers({"b": b"b"}, name="other:1")
    search_findings()

    assert client.get(url_of(other) + f"?show={key}").content.decode().count("<pre") == 0


def test_the_page_tells_what_became_of_files(client, findings_url):
    html = client.get(findings_url).content.decode()

    assert "deleted in layer 1" in html
    assert "overwritten in layer 1" in html
    assert html.count("but anyone can recover it") == 2
    assert "5 secrets in this image" in html
    assert "2 of them were deleted or overwritten" in html
    assert "line 2" in html
    assert "/file/?layer=0&amp;path=srv/token#L2" in html


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 6),
        ("?kind=secrets", 5),
        ("?kind=setuid", 1),
        ("?shown=hidden", 2),
        ("?shown=visible&kind=key", 0),
    ],
)
def test_filters(client, findings_url, query, count):
    assert client.get(findings_url + query).content.decode().count('<tr id="finding-') == count


def test_a_page_before_the_search_says_so_and_asks_again(client, leaky):
    html = client.get(url_of(leaky)).content.decode()

    assert "are being searched" in html
    assert 'hx-trigger="every 2s"' in html


def test_nothing_found_is_said_and_what_was_not_searched(client, db):
    image = import_layers({"a.png": b"x"})
    search_findings()
    html = client.get(url_of(image)).content.decode()

    assert "Nothing was found" in html
    assert "Files that hold no text, by their names or first bytes: 1" in html


def test_hostile_text_is_text(client, db):
    passwd = "root:x:0:0::/:/bin/sh\n<img src=x onerror=alert(1)>:x:0:0::/\u202e:/bin/sh\n"
    image = import_layers({"etc/passwd": passwd.encode(), "srv/<b>/id_rsa": b"x"})
    search_findings()
    html = client.get(url_of(image)).content.decode()

    assert "<img" not in html
    assert "<b>" not in html
    assert "\u202e" not in html
