"""Which layer brought, upgraded and removed which package."""

import gzip
import random
import sqlite3
from pathlib import Path

import pytest
import zstandard

from layers.models import Blob, PackageChange, PackageScan
from layers.operations import package_files
from layers.operations import read_packages as operation
from layers.operations.delete_image import delete_image
from layers.operations.read_packages import lacking_packages, read_packages, read_packages_of
from layers.queries.packages import are_read, inventory, notes_of, operating_system, packages_by_layer
from layers.storage import blob_path
from tests.layered import import_layers
from tests.oci.packages.test_readers import PROGRAM, header

NAME = "Debian GNU/Linux 12 (bookworm)"
pytestmark = pytest.mark.django_db
STATUS = "var/lib/dpkg/status"
DATA = Path(__file__).resolve().parents[1] / "oci" / "packages" / "data"
OS = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


def stanza(name: str, version: str) -> bytes:
    return f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n".encode()


def metadata(name: str, version: str) -> bytes:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()


def told(image) -> list[tuple[int, str, str, str, str]]:
    """What each layer did: position, kind, name, version, version before."""
    read_packages_of(image=image)
    lineage = image.chain.lineage
    return [
        (row.position, row.kind, row.package.name, row.package.version, row.previous)
        for row in packages_by_layer(lineage)
    ]


def test_a_layer_is_told_by_what_it_changes_in_the_database():
    image = import_layers(
        {STATUS: stanza("bash", "5.1") + stanza("libc6", "2.36") + stanza("curl", "7")},
        {"srv/file": b"no package here"},
        {STATUS: stanza("bash", "5.2") + stanza("libc6", "2.36") + stanza("vim", "9")},
    )

    assert told(image) == [
        (0, "A", "bash", "5.1", ""),
        (0, "A", "curl", "7", ""),
        (0, "A", "libc6", "2.36", ""),
        (2, "C", "bash", "5.2", "5.1"),
        (2, "D", "curl", "7", ""),
        (2, "A", "vim", "9", ""),
    ]


def test_the_inventory_tells_where_a_package_came_from_and_where_it_went():
    image = import_layers(
        {STATUS: stanza("bash", "5.1") + stanza("curl", "7")}, {STATUS: stanza("bash", "5.2")}
    )
    read_packages()
    top, bottom = inventory(image), inventory(image, 0)
    (bash,), (curl,) = top.installed, top.removed

    assert (bash.package.version, bash.previous, bash.position, bash.first_position) == ("5.2", "5.1", 1, 0)
    assert (curl.package.name, curl.position, curl.removed_position) == ("curl", 0, 1)
    assert [row.package.name for row in bottom.installed] == ["bash", "curl"]
    assert bottom.removed == []


def test_a_directory_of_another_name_is_an_upgrade_of_the_same_package():
    site = "usr/lib/python3/dist-packages"
    image = import_layers(
        {f"{site}/six-1.15.dist-info/METADATA": metadata("six", "1.15")},
        {
            f"{site}/.wh.six-1.15.dist-info": b"",
            f"{site}/six-1.16.dist-info/METADATA": metadata("six", "1.16"),
        },
        {f"{site}/.wh..wh..opq": b"", f"{site}/README": b"empty now"},
    )

    assert told(image) == [
        (0, "A", "six", "1.15", ""),
        (1, "C", "six", "1.16", "1.15"),
        (2, "D", "six", "1.16", ""),
    ]


@pytest.mark.parametrize(
    "layer",
    [
        {".wh.app": b""},
        {"app": b"a file now"},
        {"app/.wh.node_modules": b""},
        {"app/node_modules/.wh..wh..opq": b"", "app/node_modules/x": b""},
        {"app/node_modules/a/.wh.package.json": b""},
        {"app/node_modules/a/package.json": (b"2", "../b")},
    ],
    ids=lambda layer: next(iter(layer)),
)
def test_every_way_of_taking_its_file_away_removes_a_package(layer):
    image = import_layers({"app/node_modules/a/package.json": b'{"name": "a", "version": "1"}'}, layer)

    assert told(image)[1:] == [(1, "D", "a", "1", "")]


def test_a_copy_of_the_same_database_changes_nothing():
    image = import_layers({STATUS: stanza("bash", "5.1")}, {STATUS: stanza("bash", "5.1") + b"\n"})

    assert told(image) == [(0, "A", "bash", "5.1", "")]


def test_programs_tell_of_what_they_were_built_of():
    big = PROGRAM + bytes(200_000)
    image = import_layers(
        {
            "usr/bin/app": (big, 0o755),
            "usr/bin/again": (big, 0o755),
            "usr/share/app": (big, 0o644),
            "usr/bin/small": (PROGRAM, 0o755),
            "usr/bin/script": (b"#!/bin/sh\n" * 20_000, 0o755),
        },
        {"usr/bin/.wh.app": b""},
    )
    read_packages()
    found = inventory(image)

    assert [(row.package.name, row.package.path) for row in found.installed] == [
        ("a", b"usr/bin/again"),
        ("stdlib", b"usr/bin/again"),
    ]
    assert {row.package.path for row in found.removed} == {b"usr/bin/app"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_a_debootstrap_tree_packed_in_every_form(pack):
    status = gzip.decompress((DATA / "debootstrap-status.gz").read_bytes())
    program = PROGRAM + random.Random(1).randbytes(300_000)
    image = import_layers({"usr/bin/app": (program, 0o755), STATUS: status}, pack=pack)
    read_packages()

    assert len(inventory(image).installed) == 88 + 2


def test_rpm_and_what_is_not_read_of_it(tmp_path):
    path = tmp_path / "rpmdb.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        connection.execute("INSERT INTO Packages (blob) VALUES (?)", [header(name="bash", version="5")])
    connection.close()
    image = import_layers(
        {"var/lib/rpm/rpmdb.sqlite": path.read_bytes()},
        {"usr/lib/sysimage/rpm/Packages.db": b"RpmP", "var/lib/rpm/rpmdb.sqlite": b"broken"},
    )

    assert told(image) == [(0, "A", "bash", "5", ""), (1, "D", "bash", "5", "")]
    assert [(note["position"], note["path"], note["note"]) for note in notes_of(image)] == [
        (1, "usr/lib/sysimage/rpm/Packages.db", "This is an ndb database of rpm, which is not read."),
        (1, "var/lib/rpm/rpmdb.sqlite", "This could not be read: no SQLite database."),
    ]


def test_a_journal_with_changes_is_told_and_an_empty_one_is_not():
    image = import_layers({"var/lib/rpm/rpmdb.sqlite-wal": b""}, {"var/lib/rpm/rpmdb.sqlite-wal": b"x" * 99})
    read_packages()

    assert [(note["position"], note["path"]) for note in notes_of(image)] == [
        (1, "var/lib/rpm/rpmdb.sqlite-wal")
    ]


def test_a_database_larger_than_is_read_is_told():
    image = import_layers({"node_modules/a/package.json": b" " * 2_000_000})

    assert told(image) == []
    assert notes_of(image)[0]["note"] == "The file is larger than what is read of its kind."


def test_more_databases_than_are_read_are_told(monkeypatch):
    monkeypatch.setattr(package_files, "MOST_DATABASES", 2)
    files = {
        f"node_modules/{name}/package.json": b'{"name": "%s", "version": "1"}' % name.encode()
        for name in "abc"
    }
    image = import_layers(files)

    assert len(told(image)) == 2
    assert notes_of(image)[0]["note"] == "The layer has more files about packages than are read."


def test_a_layer_whose_content_is_gone_is_told_and_not_tried_again():
    image = import_layers({STATUS: stanza("bash", "5.1")})
    blob = Blob.objects.get(stored_layer__layer=image.chain.layer)
    blob_path(blob.digest).unlink()

    assert told(image) == []
    assert notes_of(image)[0]["note"] == "The content of the layer is not in the blob store."
    assert read_packages() == 0


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ([{"etc/os-release": OS}], NAME),
        ([{"usr/lib/os-release": OS, "etc/os-release": (b"2", "../usr/lib/os-release")}], NAME),
        ([{"etc/os-release": OS}, {"srv/a": b""}], NAME),
        ([{"etc/os-release": OS}, {"etc/os-release": b"ID=alpine\nVERSION_ID=3.19\n"}], "alpine 3.19"),
        ([{"etc/os-release": OS}, {"etc/.wh.os-release": b""}], None),
        ([{"etc/os-release": b"nothing\n"}], None),
        ([{"srv/a": b""}], None),
    ],
)
def test_the_operating_system(layers, name):
    image = import_layers(*layers)
    read_packages()
    system = operating_system(image)

    assert (system.name if system else None) == name


def test_each_chain_is_read_once_and_again_by_newer_readers():
    image = import_layers({STATUS: stanza("bash", "5.1")}, {STATUS: stanza("bash", "5.2")})

    assert not are_read(image)
    assert (read_packages(), read_packages(), are_read(image)) == (2, 0, True)
    PackageScan.objects.update(version=0)
    assert lacking_packages().count() == 2
    assert (read_packages(), PackageChange.objects.count()) == (2, 2)


def test_packages_go_with_their_image():
    image = import_layers({STATUS: stanza("bash", "5.1")})
    read_packages()
    delete_image(image=image)

    assert (PackageChange.objects.count(), PackageScan.objects.count()) == (0, 0)


def test_a_fault_of_the_readers_holds_nobody_up(monkeypatch, caplog):
    def fail(chain):
        raise RuntimeError

    image = import_layers({STATUS: stanza("bash", "5.1")})
    monkeypatch.setattr(operation, "package_changes", fail)

    assert (read_packages(), read_packages()) == (1, 0)
    assert "by a fault of the program" in notes_of(image)[0]["note"]
    assert "could not be read" in caplog.text
