"""``compare``: two sides, in sections or one of them."""

import pytest
from django.core.management import CommandError

from layers.operations.create_container import create_container
from layers.operations.write_file import write_file
from layers.queries.images import find_image

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def images(load):
    load("01")


def test_files_are_printed_as_docker_diff_prints_them(output):
    assert output("compare", "nginx:latest", "nginx:v2", "--files") == output("diff", "nginx:v2")


def test_a_container_is_compared_with_its_image(output):
    container = create_container(image=find_image("nginx:latest"), name="web")
    write_file(container=container, path=b"etc/motd", data=b"hello")

    assert output("compare", "nginx:latest", "web", "--files") == "C /etc\nA /etc/motd\n"
    assert output("compare", "web", "nginx:latest", "--files") == "C /etc\nD /etc/motd\n"


def test_a_layer_belongs_to_the_image_before_it(output):
    expected = output("diff", "nginx:v2", "--from", "2", "--to", "3")

    assert output("compare", "nginx:v2@1", "nginx:v2@3", "--files") == expected
    assert output("compare", "nginx:v2", "--layer", "1", "nginx:v2", "--layer", "3", "--files") == expected
    assert output("compare", "nginx:v2@1", "nginx:v2", "--layer=3", "--files") == expected


def test_the_report_has_every_section(output):
    text = output("compare", "nginx:latest", "nginx:v2")

    assert [line for line in text.splitlines() if line.isalpha()] == [
        "FILES",
        "CONFIG",
        "HISTORY",
        "SIZES",
        "PACKAGES",
    ]
    assert "C /usr/share/nginx/html/index.html" in text
    assert "steps are the same" in text
    assert "SHARED LAYERS   4" in text


def test_rows_say_their_section(rows):
    found = rows("compare", "nginx:latest", "nginx:v2")
    sections = {row["section"] for row in found}
    index = next(row for row in found if row.get("path") == "/usr/share/nginx/html/index.html")

    assert sections == {"files", "config", "history", "sizes"}
    assert (index["kind"], index["silent"]) == ("C", False)
    assert {"content", "mtime"} <= set(index["why"])
    assert [row["side"] for row in found if row["section"] == "history" and row["side"] != "AB"] == ["B"]
    assert {row["what"]: (row["a"], row["b"]) for row in found if row["section"] == "sizes"}["layers"] == (
        4,
        5,
    )


def test_two_sides_that_are_the_same(output):
    told = output("compare", "nginx:v2", "nginx:v2", "--files", "--config")

    assert told == "FILES\n(no difference)\n\nCONFIG\n(no difference)\n"
    assert output("compare", "nginx:v2", "nginx:v2", "--files") == ""  # as docker diff


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["absent", "nginx:v2"], "No image is called 'absent'; there are: "),
        (["nginx:v2", "nginx:v2@9"], "There is no layer '9'; the image has the layers 0 to 4"),
        (["--layer", "1", "nginx:v2", "nginx:v2"], "--layer stands after the image it belongs to"),
    ],
)
def test_a_side_that_means_nothing_is_refused(words, message, output):
    with pytest.raises(CommandError, match=message):
        output("compare", *words)
