"""What package managers list, and what we read from their databases: the same, package for package."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from layers.oci.packages.databases import database_at
from layers.oci.packages.package import Package
from layers.oci.packages.programs import read_program

TIMEOUT = 240
DPKG = Path("/var/lib/dpkg/status")
SPEC = """\
Name: {name}
Version: 1.{number}
Release: {number}
Epoch: {number}
Summary: made for a test
License: MIT AND GPL-2.0-only
BuildArch: noarch
%description
{padding}
%files
"""
GO_MAIN = """\
package main

import "example.com/lib"

func main() { println(lib.Name) }
"""


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def said(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    run = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=TIMEOUT)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


def read(root: Path, path: Path) -> list[Package]:
    """What the database at ``path`` of a file system says."""
    name = str(path.relative_to(root)).encode()
    kind = database_at(*name.rpartition(b"/")[::2])
    assert kind is not None, name
    assert kind.read is not None
    return list(kind.read(path.read_bytes(), name))


def names(packages: Iterable[Package]) -> list[tuple[str, str]]:
    return sorted((package.name, package.version) for package in packages)


def test_dpkg_lists_what_we_read():
    tool("dpkg-query")
    form = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n"
    lines = [line.split("\t") for line in said("dpkg-query", "-W", "-f", form).splitlines()]
    gone = ("not-installed", "config-files")
    expected = sorted(tuple(words[1:]) for words in lines if words[0] not in gone)
    found = [
        (package.name, package.version, package.arch, package.source.partition(" ")[0] or package.name)
        for package in read(Path("/"), DPKG)
    ]

    assert len(expected) > 50
    assert sorted(found) == expected


def test_rpm_lists_what_we_read(tmp_path):
    """Packages of several sizes, so that their headers lie in a page and over many."""
    tool("rpmbuild")
    root = tmp_path / "root"
    defines = ("--define", f"_topdir {tmp_path}/build", "--define", "_build_id_links none")
    for number in range(1, 6):
        spec = tmp_path / f"{number}.spec"
        padding = "word " * 20 ** (number - 1) if number < 5 else "x" * 400_000
        spec.write_text(SPEC.format(name=f"made-{number}", number=number, padding=padding))
        said("rpmbuild", "-bb", "--quiet", *defines, str(spec))
    packages = map(str, sorted((tmp_path / "build/RPMS").rglob("*.rpm")))
    own = ("--root", str(root), "--define", "_db_backend sqlite", "--define", "_dbpath /var/lib/rpm")
    said("rpm", *own, "--initdb")
    said("rpm", *own, "-i", "--nodeps", "--noscripts", *packages)
    form = "%{NAME}\t%{EPOCH}:%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\t%{LICENSE}\n"
    expected = sorted(tuple(line.split("\t")) for line in said("rpm", *own, "-qa", "--qf", form).splitlines())
    found = [
        (package.name, package.version, package.arch, package.source, package.licence)
        for package in read(root, root / "var/lib/rpm/rpmdb.sqlite")
    ]

    assert len(expected) == 5
    assert sorted(found) == expected


def test_pip_lists_what_we_read():
    """The packages of the environment that runs the tests."""
    purelib = Path(next(path for path in sys.path if path.endswith("site-packages")))
    listed = json.loads(said(sys.executable, "-m", "pip", "list", "--format=json", "--path", str(purelib)))
    expected = sorted((item["name"], item["version"]) for item in listed)
    found = [
        package
        for path in (*purelib.glob("*.dist-info/METADATA"), *purelib.glob("*.egg-info/PKG-INFO"))
        for package in read(purelib, path)
    ]

    assert len(expected) > 10
    assert names(found) == expected


def test_npm_lists_what_we_read(tmp_path):
    tool("npm")
    for name, needs in (("leaf", {}), ("@scope/twig", {"leaf": "1.2.3"})):
        folder = tmp_path / name.rpartition("/")[2]
        folder.mkdir()
        manifest = {"name": name, "version": "1.2.3", "license": "MIT", "dependencies": needs}
        (folder / "package.json").write_text(json.dumps(manifest))
        (folder / "test").mkdir()
        (folder / "test" / "package.json").write_text('{"name": "inner", "version": "9.9.9"}')
        said("npm", "pack", "--pack-destination", str(tmp_path), cwd=folder)
    app = tmp_path / "app"
    app.mkdir()
    (app / "package.json").write_text('{"name": "app", "version": "0.1.0"}')
    offline = ("--offline", "--no-audit", "--no-fund", f"--cache={tmp_path}/cache")
    said("npm", "install", *offline, "../leaf-1.2.3.tgz", "../scope-twig-1.2.3.tgz", cwd=app)
    tree = json.loads(said("npm", "ls", "--all", "--json", cwd=app))
    found = installed_npm(app)

    assert names(found) == sorted(set(npm_names(tree)))
    assert {package.licence for package in found} == {"MIT"}


def installed_npm(app: Path) -> list[Package]:
    """The packages whose file is where an installed package has it."""
    found = []
    for path in sorted(app.rglob("package.json")):
        name = str(path.relative_to(app)).encode()
        if database_at(*name.rpartition(b"/")[::2]):
            found += read(app, path)
    return found


def npm_names(tree: dict) -> list[tuple[str, str]]:
    found = []
    for name, below in tree.get("dependencies", {}).items():
        found += [(name, below["version"]), *npm_names(below)]
    return found


def test_gem_lists_what_we_read():
    tool("gem")
    expected, found = [], []
    for line in said("gem", "list", "--local").splitlines():
        name, _, versions = line.rstrip(")").partition(" (")
        expected += [(name, version.removeprefix("default: ")) for version in versions.split(", ")]
    for folder in said("gem", "env", "gempath").strip().split(":"):
        for path in Path(folder).glob("specifications/**/*.gemspec"):
            found += read(Path("/"), path)

    assert len(expected) > 20
    assert sorted(set(names(found))) == sorted(expected)


def test_go_tells_what_we_read(tmp_path):
    """A module that is replaced, and one that is not, without network."""
    go = tool("go")
    lib, app = tmp_path / "lib", tmp_path / "app"
    lib.mkdir()
    app.mkdir()
    (lib / "go.mod").write_text("module example.com/lib\n")
    (lib / "lib.go").write_text('package lib\n\nconst Name = "lib"\n')
    (app / "main.go").write_text(GO_MAIN)
    (app / "go.mod").write_text(
        "module example.com/app\n\nrequire example.com/lib v1.2.3\n\nreplace example.com/lib => ../lib\n"
    )
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "GOFLAGS": "-mod=mod", "GOPROXY": "off"}
    env |= {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    said(go, "build", "-o", "program", ".", cwd=app, env=env)
    program = app / "program"
    expected = go_modules(said(go, "version", "-m", str(program), env=env))
    with program.open("rb") as file:

        def read_at(offset: int, size: int) -> bytes:
            file.seek(offset)
            return file.read(size)

        found = list(read_program(read_at, b"app/program"))

    assert len(expected) == 3
    assert [(package.name, package.version) for package in found] == expected


def go_modules(text: str) -> list[tuple[str, str]]:
    """What ``go version -m`` prints, a replaced module as what replaced it."""
    head, *lines = text.splitlines()
    found = [("stdlib", head.rpartition(": go")[2])]
    for line in lines:
        word, *parts = line.strip().split("\t")
        if word in ("mod", "dep"):
            found.append((parts[0], parts[1] if len(parts) > 1 else ""))
        elif word == "=>":
            found[-1] = (parts[0], parts[1] if len(parts) > 1 else "")
    return found
