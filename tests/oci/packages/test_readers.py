"""The readers of package databases on what is recorded, made by hand, and broken."""

import gzip
import json
import re
import sqlite3
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.errors import UnreadablePackages
from layers.oci.packages.databases import DATABASES, database_at
from layers.oci.packages.manifests import read_gem, read_npm
from layers.oci.packages.osrelease import read_os_release
from layers.oci.packages.package import LONGEST_TEXT, Package
from layers.oci.packages.programs import GO_MAGIC, read_program
from layers.oci.packages.purl import purl
from layers.oci.packages.rpm import read_rpm
from layers.oci.packages.sqlitefile import INTERIOR, SQLiteFile
from layers.oci.packages.stanzas import read_apk, read_dpkg, read_python

DATA = Path(__file__).parent / "data"
"""What README.md beside the files says of their origin."""


def test_dpkg_of_a_debootstrap_tree():
    """What ``dpkg-query -W`` printed in the tree, line for line."""
    status = gzip.decompress((DATA / "debootstrap-status.gz").read_bytes())
    found = sorted((package.name, package.version) for package in read_dpkg(status, b"status"))
    printed = (DATA / "debootstrap-dpkg-query.txt").read_text().splitlines()
    expected = sorted((name.partition(":")[0], version) for name, version in map(str.split, printed))

    assert len(expected) > 80
    assert found == expected


def test_apk():
    found = list(read_apk((DATA / "apk-installed.txt").read_bytes(), b"lib/apk/db/installed"))

    assert [(package.name, package.version, package.arch) for package in found] == [
        ("alpine-baselayout-data", "3.4.3-r2", "x86_64"),
        ("musl", "1.2.4_git20230717-r4", "x86_64"),
        ("busybox-binsh", "1.36.1-r15", "x86_64"),
        (".build-deps", "20240131.090305", "noarch"),
    ]
    assert found[2] == Package(
        "apk", "busybox-binsh", "1.36.1-r15", "x86_64", "busybox", "GPL-2.0-only", b"lib/apk/db/installed"
    )


@pytest.mark.parametrize(
    ("status", "is_there"),
    [
        (b"install ok installed", True),
        (b"hold ok installed", True),
        (b"install ok half-configured", True),
        (b"install ok triggers-pending", True),
        (b"deinstall ok config-files", False),
        (b"purge ok not-installed", False),
    ],
)
def test_a_package_of_dpkg_counts_while_its_files_are_there(status, is_there):
    stanza = (
        b"Package: a\nStatus: %s\nVersion: 1\nConffiles:\n /etc/a 0\nDescription: x\n Package: b\n" % status
    )

    assert [package.name for package in read_dpkg(stanza, b"")] == ["a"] * is_there


def test_a_file_of_status_d_is_one_package_without_a_status():
    (found,) = read_dpkg(b"Package: tzdata\nVersion: 2024a-0\nArchitecture: all\n", b"p")

    assert found == Package("deb", "tzdata", "2024a-0", "all", path=b"p")


@pytest.mark.parametrize(
    ("head", "licence"),
    [
        (b"License: BSD", "BSD"),
        (b"License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License", "MIT License"),
        (b"License-Expression: MIT OR Apache-2.0\nLicense: x", "MIT OR Apache-2.0"),
        (b"Summary: none", ""),
        (b"Summary: x\n\nLicense: in the description", ""),
    ],
)
def test_the_licence_of_a_python_package(head, licence):
    (found,) = read_python(b"Metadata-Version: 2.1\r\nName: Zope_x\r\nVersion: 1.0\r\n" + head, b"")

    assert (found.name, found.version, found.licence) == ("Zope_x", "1.0", licence)


@pytest.mark.parametrize(
    ("document", "licence"),
    [
        ({"license": "ISC"}, "ISC"),
        ({"license": {"type": "MIT", "url": "x"}}, "MIT"),
        ({"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]}, "MIT OR GPL-2.0"),
        ({"license": 7}, ""),
    ],
)
def test_the_licence_of_an_npm_package(document, licence):
    (found,) = read_npm(json.dumps({"name": "a", "version": "1", **document}).encode(), b"")

    assert found.licence == licence


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"name": 1}', b'{"name": "a"}', b"[" * 10**5, b"\xff"])
def test_a_package_json_that_describes_no_package(data):
    assert list(read_npm(data, b"")) == []


def test_a_gemspec_is_looked_at_not_run():
    stubbed = b"# stub: nokogiri 1.16.0 x86_64-linux lib\n\nGem::Specification.new do |s|\n"
    plain = b'Gem::Specification.new do |s|\n  s.name = "rake".freeze\n  s.version = "13.0.6"\n'
    licences = b'  s.licenses = ["MIT".freeze, "Ruby".freeze]\n'

    assert list(read_gem(stubbed + licences, b"p")) == [
        Package("gem", "nokogiri", "1.16.0", "x86_64-linux", "", "MIT OR Ruby", b"p")
    ]
    assert list(read_gem(plain, b"p")) == [Package("gem", "rake", "13.0.6", path=b"p")]
    assert list(read_gem(b"system('rm -rf /')", b"p")) == []


def rows_database(tmp_path: Path, rows: list[bytes], page_size: int = 512) -> bytes:
    path = tmp_path / "rpmdb.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA page_size = {page_size}")
        connection.execute("CREATE TABLE other (a, b)")
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB)")
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(row,) for row in rows])
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_rows_of_every_size_are_read(tmp_path, page_size):
    rows = [bytes([number % 256]) * (number * 37) for number in range(300)] + [b"x" * 200_000]
    data = rows_database(tmp_path, rows, page_size)

    assert [row[1] for row in SQLiteFile(data).rows("Packages")] == rows


def test_values_of_every_kind_are_read(tmp_path):
    values = [None, 0, 1, -1, 127, -32768, 2**23 - 1, -(2**31), 2**47 - 1, -(2**63), "text", b"blob"]
    path = tmp_path / "values.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE v ({', '.join(f'c{n}' for n in range(len(values)))})")
        connection.execute(f"INSERT INTO v VALUES ({', '.join('?' * len(values))})", values)
    connection.close()
    (row,) = SQLiteFile(path.read_bytes()).rows("v")

    assert row == [value.encode() if isinstance(value, str) else value for value in values]


def header(**tags: str) -> bytes:
    """An rpm header: an index of tags, then their texts."""
    numbers = {"name": 1000, "version": 1001, "release": 1002, "arch": 1022}
    store, index = b"", b""
    for tag, text in tags.items():
        index += struct.pack(">IIiI", numbers[tag], 6, len(store), 1)
        store += text.encode() + b"\0"
    return struct.pack(">II", len(tags), len(store)) + index + store


def test_rpm_headers(tmp_path):
    data = rows_database(tmp_path, [header(name="bash", version="5.2", release="1.fc39", arch="x86_64")])

    assert list(read_rpm(data, b"p")) == [Package("rpm", "bash", "5.2-1.fc39", "x86_64", path=b"p")]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([b"short"], "an rpm header that ends early"),
        ([struct.pack(">II", 10**6, 0)], "an rpm header that says it is longer than it is"),
    ],
)
def test_a_broken_rpm_header_is_told(tmp_path, rows, sentence):
    with pytest.raises(UnreadablePackages, match=re.escape(sentence)):
        list(read_rpm(rows_database(tmp_path, rows), b""))


def test_pages_in_circles_end(tmp_path):
    data = bytearray(rows_database(tmp_path, [b"x" * 400] * 50))
    interior = next(start for start in range(512, len(data), 512) if data[start] == INTERIOR)
    data[interior + 8 : interior + 12] = (interior // 512 + 1).to_bytes(4, "big")

    with pytest.raises(UnreadablePackages, match="hang together"):
        list(SQLiteFile(bytes(data)).rows("Packages"))


def test_a_database_without_the_table_is_told(tmp_path):
    with pytest.raises(UnreadablePackages, match="without a table Absent"):
        list(SQLiteFile(rows_database(tmp_path, [])).rows("Absent"))


def elf(sections: dict[bytes, bytes]) -> bytes:
    """A 64-bit ELF of sections alone."""
    names, parts, table = b"\0", b"", bytes(64)
    for name, content in {**sections, b".shstrtab": b""}.items():
        at = len(names)
        names += name + b"\0"
        content = names if name == b".shstrtab" else content
        start = 64 + len(parts)
        parts += content + bytes(-len(content) % 16)
        table += struct.pack("<IIQQQQIIQQ", at, 1, 0, 0, start, len(content), 0, 0, 1, 0)
    count = len(table) // 64
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, 64 + len(parts), 0, 64, 0, 0, 64, count, count - 1)
    return head + parts + table


def read_bytes(data: bytes) -> list[Package]:
    return list(read_program(lambda offset, size: data[offset : offset + size], b"bin/p"))


def test_the_crates_of_an_auditable_program():
    crates = {
        "packages": [
            {"name": "app", "version": "0.1.0", "source": "local", "root": True},
            {"name": "serde", "version": "1.0.200", "source": "crates.io"},
            {"name": "cc", "version": "1.0", "source": "crates.io", "kind": "build"},
            {"name": 7},
            None,
        ]
    }
    program = elf({b".text": b"x" * 40, b".dep-v0": zlib.compress(json.dumps(crates).encode())})

    assert read_bytes(program) == [
        Package("cargo", "app", "0.1.0", "", "local", "", b"bin/p"),
        Package("cargo", "serde", "1.0.200", "", "crates.io", "", b"bin/p"),
    ]


def test_the_crates_that_cargo_auditable_wrote():
    program = elf({b".dep-v0": (DATA / "rust-dep-v0").read_bytes()})

    assert [(package.name, package.version) for package in read_bytes(program)] == [
        ("app", "0.1.0"),
        ("itoa", "1.0.19"),
    ]


def test_a_list_of_crates_that_unpacks_without_end_is_not_read():
    bomb = zlib.compress(b'{"packages": [' + b" " * 50_000_000 + b"]}")

    assert read_bytes(elf({b".dep-v0": bomb})) == []


def counted(text: bytes) -> bytes:
    length, head = len(text), b""
    while length >= 0x80:
        head += bytes([length & 0x7F | 0x80])
        length >>= 7
    return head + bytes([length]) + text


def test_build_info_of_go_that_is_in_line():
    modules = b"path\tx\nmod\texample.com/app\t(devel)\t\ndep\texample.com/a\tv1.0.0\th1:x\n"
    info = GO_MAGIC + bytes([8, 2]) + bytes(16)
    info += counted(b"go1.22.1 X:boringcrypto") + counted(b"\x01" * 16 + modules + b"\x02" * 16)

    assert [(package.name, package.version) for package in read_bytes(elf({b".go.buildinfo": info}))] == [
        ("stdlib", "1.22.1"),
        ("example.com/app", "(devel)"),
        ("example.com/a", "v1.0.0"),
    ]


def test_build_info_of_go_before_1_18_points_to_its_texts():
    version, modules = b"go1.16.5", b"\x01" * 16 + b"mod\texample.com/old\tv0.9.0\t\n" + b"\x02" * 16
    base = 0x400000
    info = GO_MAGIC + bytes([8, 0]) + struct.pack("<QQ", base + 32, base + 48)
    texts = struct.pack("<QQQQ", base + 64, len(version), base + 64 + len(version), len(modules))
    data = info + texts + version + modules
    program = bytearray(elf({b".go.buildinfo": data}))
    segment = struct.pack("<IIQQQQQQ", 1, 6, 64, base, base, len(data), len(data), 8)
    program[32:40] = len(program).to_bytes(8, "little")
    program[54:58] = struct.pack("<HH", 56, 1)

    assert [(package.name, package.version) for package in read_bytes(bytes(program) + segment)] == [
        ("stdlib", "1.16.5"),
        ("example.com/old", "v0.9.0"),
    ]


def test_a_file_that_is_no_program_tells_nothing():
    assert read_bytes(b"#!/bin/sh\n" * 100) == []
    assert read_bytes(b"\x7fELF") == []


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        (b"var/lib/dpkg/status", True),
        (b"var/lib/dpkg/status-old", False),
        (b"srv/var/lib/dpkg/status", False),
        (b"var/lib/dpkg/status.d/base-files", True),
        (b"var/lib/dpkg/status.d/base-files.md5sums", False),
        (b"lib/apk/db/installed", True),
        (b"usr/lib/apk/db/installed", True),
        (b"usr/lib/sysimage/rpm/rpmdb.sqlite", True),
        (b"usr/lib/python3/dist-packages/six-1.16.dist-info/METADATA", True),
        (b"usr/lib/python3/dist-packages/six.egg-info", True),
        (b"usr/lib/python3/dist-packages/six.egg-info/PKG-INFO", True),
        (b"usr/lib/python3/dist-packages/six.egg-info/requires.txt", False),
        (b"app/node_modules/a/package.json", True),
        (b"app/node_modules/@b/a/package.json", True),
        (b"app/node_modules/a/test/package.json", False),
        (b"app/package.json", False),
        (b"var/lib/gems/3.1.0/specifications/rake-13.gemspec", True),
        (b"usr/lib/ruby/gems/3.1.0/specifications/default/csv-3.gemspec", True),
        (b"var/lib/gems/3.1.0/gems/rake-13/rake.gemspec", False),
    ],
)
def test_which_files_tell_of_packages(path, is_one):
    assert (database_at(*path.rpartition(b"/")[::2]) is not None) == is_one


@pytest.mark.parametrize("path", [b"var/lib/rpm/Packages", b"usr/lib/sysimage/rpm/Packages.db"])
def test_the_databases_that_are_not_read_are_known(path):
    kind = database_at(*path.rpartition(b"/")[::2])

    assert kind is not None
    assert kind.read is None
    assert "of rpm" in kind.what


def test_os_release():
    data = b'# a comment\nID="alpine"\nPRETTY_NAME="Alpine \\"Linux\\""\nID_LIKE=x\n'
    data += b"VERSION_ID='3.19'\nNAME=\"open"

    assert read_os_release(data) == {
        "ID": "alpine",
        "VERSION_ID": "3.19",
        "PRETTY_NAME": 'Alpine "Linux"',
        "NAME": '"open',
    }


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        (
            Package("deb", "Lib+x", "1:2.0~a+b", "amd64"),
            "pkg:deb/debian/lib%2Bx@1:2.0~a%2Bb?arch=amd64&distro=debian-12",
        ),
        (
            Package("rpm", "bash", "1:5.2-1", "x86_64"),
            "pkg:rpm/debian/bash@5.2-1?arch=x86_64&distro=debian-12&epoch=1",
        ),
        (Package("pypi", "Zope_Interface", "1"), "pkg:pypi/zope-interface@1"),
        (Package("gem", "nokogiri", "1", "java"), "pkg:gem/nokogiri@1?platform=java"),
        (Package("golang", "github.com/A/b", "v1+x"), "pkg:golang/github.com/a/b@v1%2Bx"),
        (Package("cargo", "serde", ""), "pkg:cargo/serde"),
        (Package("npm", "a/../<b>", "1"), "pkg:npm/a/../%3Cb%3E@1"),
    ],
)
def test_package_urls(package, expected):
    assert purl(package, "debian", "12") == expected


TEXT_READERS = [kind.read for kind in DATABASES if kind.read]


@given(st.binary(max_size=2000))
def test_no_bytes_make_a_reader_fail(data):
    for read in TEXT_READERS:
        check_read(read, data)
    read_os_release(data)


@given(st.binary(max_size=300), st.integers(0, 5000), st.sampled_from(TEXT_READERS))
def test_no_damage_makes_a_reader_fail(noise, at, read):
    for data in SAMPLES:
        check_read(read, data[:at] + noise + data[at + len(noise) :])


@given(st.binary(max_size=100), st.integers(0, 1200))
def test_no_damage_to_a_program_makes_its_reader_fail(noise, at):
    data = PROGRAM[:at] + noise + PROGRAM[at + len(noise) :]
    for package in read_bytes(data):
        check_package(package)


def check_read(read, data: bytes) -> None:
    try:
        for package in read(data, b"p"):
            check_package(package)
    except UnreadablePackages:
        pass


def check_package(package: Package) -> None:
    for text in (package.name, package.version, package.arch, package.source, package.licence):
        assert len(text) <= LONGEST_TEXT
        assert not set(text) & set("\0\n\r\x1b")
        text.encode()
    purl(package)


def small_database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA page_size = 512")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
    rows = [(header(name=f"p{number}", version="1" * number, release="1"),) for number in range(40)]
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", rows)
    connection.commit()
    return connection.serialize()


SAMPLES = [
    small_database(),
    b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nVersion: 2\n",
    b'{"name": "a", "version": "1", "license": {"type": ["x"]}}',
    b'# stub: a 1 ruby lib\nGem::Specification.new do |s|\n  s.name = "a"\n  s.licenses = ["MIT"]\n',
]
PROGRAM = elf(
    {
        b".go.buildinfo": GO_MAGIC + bytes([8, 2]) + bytes(16) + counted(b"go1.2") + counted(b"\n" * 40),
        b".dep-v0": zlib.compress(b'{"packages": [{"name": "a", "version": "1"}]}'),
    }
)
