"""Secrets of an image are covered on every page that shows them beside something else, and can be shown."""

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from layers.models import Image
from layers.operations.create_container import create_container
from layers.operations.search_findings import search_findings
from tests.layered import import_layers, steps

VARIABLE, TYPED, ADDRESS, LABEL = "battery", "k3yT0Th3D00r", "pr0xyW0rd", "l4belled!"
SECRETS = (VARIABLE, TYPED, ADDRESS, LABEL)
PAGES = (
    *("image-detail", "image-history", "image-config", "image-dockerfile", "image-packages", "image-space"),
    "image-findings",
)
HTMX = {"HX-Request": "true"}


class Reader(HTMLParser):
    """What a page shows before anything is opened that covers a secret."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.tags: list[tuple[str, bool]] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in ("input", "meta", "link", "br", "hr", "img", "col"):
            self.tags.append((tag, "secret" in (given.get("class") or "").split()))
        self.shown += [value or "" for name, value in attrs if name in ("title", "aria-label", "content")]

    def handle_endtag(self, tag):
        while self.tags and self.tags.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(is_covered for _, is_covered in self.tags):
            self.shown.append(data)


def shown(html: str) -> str:
    reader = Reader()
    reader.feed(html)
    return " ".join(reader.shown)


@pytest.fixture
def leaky(db) -> Image:
    return import_layers(
        {"srv/a": b"a" * 3000},
        {"srv/.wh.a": b"", "srv/b": b"b"},
        config={
            "Env": [f"DB_PASSWORD=horse {VARIABLE}", f"HTTP_PROXY=http://me:{ADDRESS}@proxy:3128"],
            "Labels": {"app.token": LABEL},
            "Cmd": ["serve", f"--password={TYPED}"],
        },
        history=[
            *steps(f"RUN /bin/sh -c curl -u me:{TYPED} https://example.org # buildkit"),
            *steps(f"RUN |1 DB_PASSWORD={VARIABLE} /bin/sh -c rm -r /srv/a"),
            *steps(f"ENV HTTP_PROXY=http://me:{ADDRESS}@proxy:3128 DB_PASSWORD={VARIABLE}", empty=[0]),
            *steps(f"LABEL app.token={LABEL}", empty=[0]),
        ],
    )


@pytest.fixture
def addresses(leaky) -> list[str]:
    search_findings()
    base = import_layers({"x": b"x"}, name="other:1")
    container = create_container(image=leaky, name="work").container_id
    image_id, layer = leaky.image_id, leaky.image_layers.first().layer.diff_id
    found = [reverse(f"layers:{page}", args=[image_id]) for page in PAGES]
    found += [
        f"{found[0]}?layer={position}&view={view}" for position in (0, 1) for view in ("changes", "tree")
    ]
    for page in ("image-file", "image-life"):
        found.append(f"{reverse(f'layers:{page}', args=[image_id])}?path=srv/a&layer=0")
    found += [
        f"{reverse('layers:layer-dockerfile', args=[image_id, 1])}",
        reverse("layers:layer", args=[layer]),
    ]
    found += [
        reverse(f"layers:{page}", args=[container]) for page in ("container-detail", "container-commit")
    ]
    found.append(reverse("layers:container-dockerfile", args=[container]))
    found += [reverse("layers:shelf"), reverse("layers:image-list"), reverse("layers:container-list")]
    compare = reverse("layers:compare")
    found += [f"{compare}?a={base.image_id}&b={image_id}&tab={tab}" for tab in ("files", "config", "history")]
    found += [f"{reverse('layers:search')}?q={word}" for word in ("curl", "proxy", "token", "srv")]
    return found


def test_no_page_shows_a_secret_unasked(client, addresses):
    for url in addresses:
        for headers in ({}, HTMX):
            answer = client.get(url, headers=headers, follow=True)
            text = shown(answer.content.decode())

            assert answer.status_code == 200, url
            assert [secret for secret in SECRETS if secret in text] == [], url


@pytest.mark.parametrize(
    ("page", "secrets"),
    [
        ("image-history", (VARIABLE, TYPED, ADDRESS, LABEL)),
        ("image-config", (VARIABLE, TYPED, ADDRESS, LABEL)),
        ("image-dockerfile", (VARIABLE, TYPED, ADDRESS, LABEL)),
        ("image-detail", (VARIABLE,)),
    ],
)
def test_each_is_one_click_away(client, leaky, page, secrets):
    html = client.get(reverse(f"layers:{page}", args=[leaky.image_id])).content.decode()

    assert "••••••" in shown(html)
    assert [secret for secret in secrets if secret not in html] == []


def test_downloads_keep_the_truth(client, leaky):
    dockerfile = client.get(reverse("layers:dockerfile-download", args=[leaky.image_id])).content.decode()
    document = client.get(reverse("layers:document-download", args=[leaky.image_id, leaky.image_id]))

    assert VARIABLE in dockerfile
    assert VARIABLE.encode() in document.getvalue()


def test_what_holds_no_secret_reads_as_before(client, nginx, url):
    html = client.get(url + "history/").content.decode()

    assert "••" not in html
    assert "show what is covered" not in html
