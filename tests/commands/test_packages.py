"""``packages``: what is installed, and which layer brought it."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from layers.queries.packages import are_read
from tests.layered import import_layers


def stanza(name: str, version: str) -> bytes:
    return f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n".encode()


@pytest.fixture
def image(db):
    return import_layers(
        {
            "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
            "var/lib/dpkg/status": stanza("bash", "5.1") + stanza("curl", "7"),
        },
        {
            "var/lib/dpkg/status": stanza("bash", "5.2"),
            "app/node_modules/a/package.json": b'{"name": "a", "version": "1", "license": "MIT"}',
        },
    )


def test_what_is_installed(image, output):
    assert output("packages", "test:1").splitlines() == [
        "NAME      VERSION   TYPE      LAYER     LICENSE",
        "bash      5.2       deb       1         ",
        "a         1         npm       1         MIT",
    ]
    assert are_read(image)


def test_as_it_is_up_to_a_layer(image, rows):
    assert [(row["name"], row["version"]) for row in rows("packages", "test:1", "--layer", "0")] == [
        ("bash", "5.1"),
        ("curl", "7"),
    ]


def test_what_was_removed(image, output):
    assert output("packages", "test:1", "--removed").splitlines() == [
        "NAME      VERSION   TYPE      LAYER     REMOVED IN",
        "curl      7         deb       0         1",
    ]


def test_what_the_layers_did(image, output):
    assert output("packages", "test:1", "--changes", "--type", "deb").splitlines() == [
        "LAYER     KIND      NAME      VERSION   PREVIOUS   TYPE",
        "0         A         bash      5.1                  deb",
        "0         A         curl      7                    deb",
        "1         C         bash      5.2       5.1        deb",
        "1         D         curl      7                    deb",
    ]


def test_one_object_a_package(image, rows):
    (row,) = rows("packages", "test:1", "--type", "npm")

    assert row == {
        "type": "npm",
        "name": "a",
        "version": "1",
        "arch": "",
        "source": "",
        "license": "MIT",
        "purl": "pkg:npm/a@1",
        "path": "/app/node_modules/a/package.json",
        "layer": 1,
        "previous": "",
    }


def test_a_bill_of_materials(image, output):
    document = json.loads(output("packages", "test:1", "--format", "cyclonedx"))

    assert (document["bomFormat"], len(document["components"])) == ("CycloneDX", 3)
    with pytest.raises(CommandError, match="leave out"):
        call_command("packages", "test:1", "--removed", "--format", "cyclonedx")


def test_what_is_not_read_is_told(db, capsys):
    import_layers({"var/lib/rpm/Packages": b"\0" * 4096})
    call_command("packages", "test:1")

    assert capsys.readouterr().err == (
        "layer 0 /var/lib/rpm/Packages: This is a Berkeley DB database of rpm, which is not read.\n"
    )


def test_inspect_tells_the_system_once_packages_are_read(image, rows, output):
    before = rows("inspect", "test:1")[0]
    output("packages", "test:1")
    after = rows("inspect", "test:1")[0]

    assert "OsRelease" not in before
    assert after["OsRelease"] == {"name": "debian 12", "id": "debian", "version": "12"}
