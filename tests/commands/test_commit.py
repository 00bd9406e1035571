"""``commit``: docker's words, docker's answer."""

import pytest
from django.core.management import CommandError

from layers.operations.create_container import create_container
from layers.operations.write_file import write_file
from layers.queries.containers import find_container
from layers.queries.images import find_image


@pytest.fixture
def container(load):
    load("01")
    container = create_container(image=find_image("nginx:latest"), name="webserver")
    write_file(
        container=container, path=b"usr/share/nginx/html/index.html", data=b"<h1>Hello, Docker!</h1>\n"
    )
    return container


def test_the_id_is_printed_and_the_name_given(container, output, rows):
    printed = output("commit", "-a", "Ann", "-m", "Change the page", "webserver", "nginx:v3")

    assert printed == find_image("nginx:v3").image_id + "\n"
    top = rows("history", "nginx:v3", "--no-trunc")[0]
    assert (top["Comment"], top["CreatedBy"]) == ("Change the page", "nginx -g daemon off;")


def test_without_a_name_the_image_is_known_by_its_id(container, rows):
    (row,) = rows("commit", "webserver")

    assert find_image(row["ID"]).references.count() == 0


def test_changes_are_those_of_docker(container, output):
    output("commit", "-c", "CMD a", "--change", "ENV A=1", "webserver", "x")

    with pytest.raises(CommandError, match=r"^stopsignal is not a valid change command$"):
        output("commit", "--change", "STOPSIGNAL 9", "webserver")


def test_paths_can_be_left_out(container, output):
    output("commit", "--leave-out", "/usr/share", "--reproducible", "webserver", "x")

    assert "index.html" not in output("diff", "x")


def test_the_container_moves_if_asked(container, output):
    output("commit", "--move", "webserver", "x")

    assert find_container("webserver").image == find_image("x")
    assert output("diff", "webserver") == ""


@pytest.mark.parametrize("words", [("nobody",), ("webserver", "Upper:case"), ("webserver", "a:b:c")])
def test_what_is_not_there_or_no_name_is_told(container, output, words):
    with pytest.raises(CommandError):
        output("commit", *words)
