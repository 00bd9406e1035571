"""The page of the Dockerfile an image may have been built from, and its download."""

import io
from collections.abc import Sequence

import pytest

from layers.models import Image
from layers.operations.import_archive import import_archive
from layers.queries.rebuilt import rebuilt_dockerfile
from tests.layered import import_layers, steps
from tests.shop import shop_archive

HASH = "4bf33a9792249481b59c97849cc39df0bada145ac0bd5303e5d70e751598b181"
BASE = ({"etc/motd": b"hi"}, steps(f"/bin/sh -c #(nop) ADD file:{HASH} in / ", "CMD x", empty=[1]))


def url_of(image: Image) -> str:
    return f"/images/{image.image_id.partition(':')[2]}/dockerfile/"


def child(*rows: str, layers: Sequence[dict[str, bytes]], name: str = "child:1") -> Image:
    """An image upon ``BASE``, with rows that each make a layer."""
    history = [*BASE[1], *steps(*rows)]
    return import_layers(BASE[0], *layers, name=name, history=history)


@pytest.fixture
def shop(db) -> Image:
    return import_archive(io.BytesIO(shop_archive()), filename="shop.tar").images[0]


def test_the_page_marks_guesses_and_leads_to_layers(client, shop):
    html = client.get(url_of(shop)).content.decode()

    assert html.count('class="rebuilt-line guessed"') == 2
    assert "2 lines are guesses" in html
    assert "an archive that was unpacked" in html
    assert '?layer=3"' in html
    assert "python manage.py dockerfile shop:2" in html


def test_the_history_leads_to_it_and_back(client, shop):
    history = url_of(shop).replace("dockerfile", "history")

    assert url_of(shop) in client.get(history).content.decode()
    assert history in client.get(url_of(shop)).content.decode()


def test_the_download_is_the_text(client, shop):
    answer = client.get(url_of(shop) + "download/")

    assert answer.content.decode() == rebuilt_dockerfile(shop).text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Dockerfile"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_the_longest_named_base_is_cut_out(db):
    import_layers(BASE[0], name="base:1", history=BASE[1])
    child("RUN /bin/sh -c a # buildkit", layers=[{"a": b"a"}], name="middle:1")
    image = child(
        *("RUN /bin/sh -c a # buildkit", "RUN /bin/sh -c b # buildkit"), layers=[{"a": b"a"}, {"b": b"b"}]
    )

    assert rebuilt_dockerfile(image).text == "FROM middle:1\nRUN b\n"


def test_a_base_without_a_name_is_none(db):
    import_layers(BASE[0], name="", history=BASE[1])
    image = child("RUN /bin/sh -c a # buildkit", layers=[{"a": b"a"}])

    assert rebuilt_dockerfile(image).text.startswith("FROM scratch\n")


def test_names_of_copied_files_are_those_in_the_layer(db):
    image = child(
        f"/bin/sh -c #(nop) COPY file:{HASH} in /srv/ ",
        f"/bin/sh -c #(nop) COPY multi:{HASH} in /etc/app/ ",
        layers=[{"srv/page.html": b"x"}, {"etc/app/": b"", "etc/app/a.conf": b"a", "etc/app/b.conf": b"b"}],
    )

    assert "COPY page.html /srv/\n" in rebuilt_dockerfile(image).text
    assert "COPY a.conf b.conf /etc/app/\n" in rebuilt_dockerfile(image).text


def test_hostile_history_is_text(client, db):
    row = "RUN /bin/sh -c <img src=x onerror=alert(1)> \x1b[31m\u202e # buildkit"
    image = child(row, layers=[{"a": b""}])
    html = client.get(url_of(image)).content.decode()

    assert "<img" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_an_image_without_history(client, db):
    image = import_layers({"a": b"a"}, config={"Cmd": ["x"]})

    assert rebuilt_dockerfile(image).text.splitlines() == [
        "FROM scratch",
        "# guessed: the history has no step for this layer",
        "ADD layer-0.tar /",
        "# guessed: no step tells of it; the config has it",
        'CMD ["x"]',
    ]
    assert client.get(url_of(image)).status_code == 200
