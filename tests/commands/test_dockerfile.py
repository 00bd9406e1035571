"""``dockerfile``: what a container changed, to be built again."""

import io
import tarfile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from layers.operations.create_container import create_container
from layers.operations.edit_container import change_owner, remove_paths
from layers.operations.write_dockerfile import write_dockerfile
from layers.operations.write_file import write_file
from layers.queries.images import find_image
from tests.layered import import_layers, steps

PAGE = b"usr/share/nginx/html/index.html"


@pytest.fixture
def container(load):
    load("01")
    container = create_container(image=find_image("nginx:latest"), name="webserver")
    write_file(container=container, path=PAGE, data=b"<h1>Hello, Docker!</h1>\n")
    write_file(container=container, path=b"etc/secret", data=b"mine")
    change_owner(container=container, paths=[b"etc/secret"], uid=33, gid=33)
    remove_paths(container=container, paths=[b"etc/group"])
    return container


def test_the_dockerfile_is_printed(container, output, rows):
    container.config_changes = ["ENV A=1"]
    container.save()
    text = output("dockerfile", "webserver", "--change", "CMD a")

    assert text.splitlines() == [
        "# What was changed in the container webserver.",
        "FROM nginx:latest",
        "RUN rm -rf /etc/group",
        "COPY rootfs/ /",
        "# What COPY cannot carry: owners, links, special modes and files.",
        "ADD rest.tar /",
        "ENV A=1",
        "CMD a",
    ]
    assert rows("dockerfile", "webserver", "--change", "CMD a") == [{"Dockerfile": text}]


def test_the_context_holds_the_files_and_is_the_same_each_time(container, output, tmp_path):
    output("dockerfile", "webserver", "-o", str(tmp_path / "context.tar"))
    context = (tmp_path / "context.tar").read_bytes()

    with tarfile.open(fileobj=io.BytesIO(context)) as tar:
        page = tar.extractfile(f"rootfs/{PAGE.decode()}").read()
        with tarfile.open(fileobj=tar.extractfile("rest.tar")) as rest:
            (secret,) = rest.getmembers()
        names = tar.getnames()
    assert page == b"<h1>Hello, Docker!</h1>\n"
    assert (secret.name, secret.uid) == ("etc/secret", 33)
    assert names[:2] == ["Dockerfile", "rest.tar"]
    assert context == b"".join(write_dockerfile(container=container).context())


def test_left_out_paths_are_in_neither(container, output):
    text = output("dockerfile", "webserver", "--leave-out", "/etc")

    assert text.splitlines()[1:] == ["FROM nginx:latest", "COPY rootfs/ /"]


def test_of_an_image_it_is_what_its_history_tells(load, output, rows):
    load("09")
    text = output("dockerfile", "oracle/config:buildkit")

    assert text.splitlines()[:3] == [
        "FROM scratch",
        "MAINTAINER Old Style <old@example.com>",
        "ADD rootfs.tar /",
    ]
    assert rows("dockerfile", "oracle/config:buildkit") == [{"Dockerfile": text}]


def test_a_container_goes_before_an_image(container, output):
    assert output("dockerfile", "webserver").startswith("# What was changed in the container webserver.")
    assert output("dockerfile", "nginx:latest").startswith("FROM scratch")


@pytest.mark.parametrize("words", [["-o", "x"], ["--change", "CMD a"], ["--leave-out", "/etc"]])
def test_an_image_has_no_context_and_no_changes(load, words):
    load("09")
    with pytest.raises(CommandError, match="are for a container"):
        call_command("dockerfile", "oracle/config:buildkit", *words)


def test_nothing_in_a_history_is_obeyed_by_a_terminal(db, output):
    import_layers({"a": b""}, history=steps("RUN /bin/sh -c echo \x1b[31m # buildkit"))

    assert output("dockerfile", "test:1") == "FROM scratch\nRUN echo \\x1b[31m\n"


def test_of_a_layer_it_is_what_the_layer_changed(load, output, tmp_path):
    load("01")
    text = output("dockerfile", "nginx:v2", "--layer", "4")
    output("dockerfile", "nginx:v2", "--layer", "4", "-o", str(tmp_path / "context.tar"))

    assert "FROM nginx:latest\n" in text
    assert "COPY rootfs/ /" in text
    with tarfile.open(tmp_path / "context.tar") as tar:
        assert b"Docker" in tar.extractfile(f"rootfs/{PAGE.decode()}").read()


@pytest.mark.parametrize("words", [["--layer", "9"], ["--layer", "0", "--change", "CMD a"]])
def test_a_layer_that_is_not_there_or_is_changed_is_refused(load, words):
    load("01")
    with pytest.raises(CommandError):
        call_command("dockerfile", "nginx:v2", *words)
