"""``create``, ``ps``, ``rm`` and ``diff CONTAINER``, in docker's columns and words."""

import re

import pytest
from django.core.management import CommandError

from layers.models import Container, Image
from layers.operations.write_file import write_file
from layers.queries.containers import find_container


@pytest.fixture
def webserver(load, output) -> Container:
    load("01")
    return find_container(output("create", "--name", "webserver", "nginx:v2").strip())


def test_create_prints_the_id(load, output, rows):
    load("01")
    printed = output("create", "nginx")

    assert re.fullmatch(r"[0-9a-f]{64}\n", printed)
    assert rows("create", "--name", "web", "nginx") == [
        {"ID": find_container("web").container_id, "Name": "web"}
    ]


def test_create_needs_an_image_and_a_free_name(webserver, output):
    with pytest.raises(CommandError, match="No image is called 'apache'"):
        output("create", "apache")
    with pytest.raises(CommandError, match="The container name “/webserver” is already in use"):
        output("create", "--name", "webserver", "nginx")
    with pytest.raises(CommandError, match=r"Invalid container name \(a b\), only"):
        output("create", "--name", "a b", "nginx")


def test_ps_has_dockers_columns(webserver, output):
    header, line = (re.split("  +", each) for each in output("ps").splitlines())

    assert header == ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
    assert line[:3] == [webserver.short_id, "nginx:v2", '"nginx -g daemon off;"']
    assert line[-2:] == ["Created", "webserver"]


def test_ps_tells_the_size_of_what_was_edited(webserver, output):
    write_file(container=webserver, path=b"new", data=b"12345")

    assert output("ps", "--size").splitlines()[1].endswith("webserver   5B (virtual 1.98MB)")


def test_ps_quiet_and_json(webserver, output, rows):
    write_file(container=webserver, path=b"etc/new", data=b"12345")
    (row,) = rows("ps")

    assert output("ps", "-q") == f"{webserver.short_id}\n"
    assert output("ps", "-q", "--no-trunc") == f"{webserver.container_id}\n"
    assert (row["ID"], row["Names"], row["State"]) == (webserver.container_id, "webserver", "created")
    assert row["Changes"] == {"A": 1, "C": 1, "D": 0}
    assert row["Command"] == '"nginx -g daemon off;"'


def test_rm_prints_what_it_removed_and_goes_on_after_an_error(webserver, output):
    output("create", "--name", "other", "nginx")
    with pytest.raises(CommandError, match="No such container: none"):
        output("rm", "none", "webserver")

    assert [container.name for container in Container.objects.all()] == ["other"]
    assert output("rm", "other") == "other\n"


def test_diff_of_a_container(webserver, output, rows):
    write_file(container=webserver, path=b"usr/share/nginx/html/index.html", data=b"<h1>Hi</h1>")

    assert output("diff", "webserver").splitlines() == [
        "C /usr",
        "C /usr/share",
        "C /usr/share/nginx",
        "C /usr/share/nginx/html",
        "C /usr/share/nginx/html/index.html",
    ]
    assert output("diff", webserver.container_id[:5]) == output("diff", "webserver")
    assert rows("diff", "webserver")[0] == ["C", "/usr"]


def test_diff_of_a_name_that_a_container_and_an_image_have(webserver, output):
    output("create", "--name", "nginx", "nginx:v2")

    assert output("diff", "nginx") == ""
    assert output("diff", "nginx", "--layer", "0") != ""


def test_an_image_in_use_is_not_removed(webserver, output):
    with pytest.raises(CommandError, match=rf"container {webserver.short_id} \(webserver\) is using it"):
        output("rmi", "nginx:v2")

    assert "nginx        v2" in output("images")
    assert output("rmi", "--force", "nginx:v2") == "Untagged: nginx:v2\n"
    output("prune", "--force")
    assert Image.objects.count() == 2
    output("rm", "webserver")
    output("prune", "--force")
    assert Image.objects.count() == 1
