"""Dockerfiles of commits: what is deleted, copied, and unpacked, and in which order."""

import shlex
import subprocess

import pytest

from layers.oci.changeset.entry import Entry, Kind
from layers.oci.limits import Limits
from layers.oci.recipe import recipe_of, shell_word
from layers.oci.unionfs.upper import Upper

SHA = bytes(32)


def entry(name, kind=Kind.FILE, mode=0o644, uid=0):
    return Entry(1, name, kind, mode, uid, 0, 1 if kind is Kind.FILE else 0, 0, 0, SHA, None, None)


IMAGE = {
    b"": {
        b"etc": entry(b"etc", Kind.DIRECTORY, 0o755),
        b"var": entry(b"var", Kind.DIRECTORY, 0o755, 33),
        b"lib": entry(b"lib", Kind.DIRECTORY, 0o755),
    },
    b"etc": {b"a": entry(b"a"), b"b": entry(b"b")},
    b"var": {b"x": entry(b"x", uid=33)},
    b"lib": {b"old": entry(b"old")},
}


@pytest.fixture
def upper():
    return Upper(IMAGE.get, {}, 1_700_000_000, Limits())


def recipe(upper):
    return recipe_of(upper, [member for member, _ in upper.members()])


def paths(members):
    return [member.path for member in members]


def test_files_of_root_are_copied_with_their_directories(upper):
    upper.write(b"etc/a", SHA, 3, None)
    upper.mkdir(b"etc/new")
    found = recipe(upper)

    assert paths(found.plain) == [b"etc", b"etc/a", b"etc/new"]
    assert found.rest == []
    assert found.dockerfile("base:1", lines=["CMD a"]) == "FROM base:1\nCOPY rootfs/ /\nCMD a\n"


def test_what_copy_cannot_carry_comes_in_a_tar_after_it(upper):
    upper.write(b"var/x", SHA, 3, None)
    upper.write(b"var/y", SHA, 3, None)
    upper.write(b"etc/tool", SHA, 3, None)
    upper.chmod(b"etc/tool", 0o4755)
    upper.write(b"etc/one", SHA, 3, None)
    upper.link(b"etc/two", b"etc/one")
    upper.chmod(b"lib", 0o700)
    found = recipe(upper)

    assert paths(found.plain) == [b"var", b"var/y"]
    assert paths(found.rest) == [b"etc/one", b"etc/tool", b"etc/two", b"lib", b"var", b"var/x"]
    assert found.dockerfile("b").splitlines()[1:] == [
        "COPY rootfs/ /",
        "# What COPY cannot carry: owners, links, special modes and files.",
        "ADD rest.tar /",
    ]


def test_deletions_come_first_and_are_done_by_root(upper):
    upper.remove(b"etc/a")
    upper.remove(b"lib")
    upper.mkdir(b"lib")
    upper.remove(b"etc/b")
    upper.mkdir(b"etc/b")
    found = recipe(upper)

    assert found.removed == [b"etc/a", b"etc/b", b"lib"]
    assert paths(found.plain) == [b"etc", b"etc/b", b"lib"]
    assert found.dockerfile("b", user="www", remarks=["one\ntwo"]).splitlines() == [
        "# one",
        "# two",
        "FROM b",
        "USER 0:0",
        "RUN rm -rf /etc/a \\",
        "    /etc/b \\",
        "    /lib",
        "USER www",
        "COPY rootfs/ /",
    ]


def test_nothing_changed_is_a_dockerfile_all_the_same(upper):
    assert recipe(upper).dockerfile("b") == "FROM b\n"


@pytest.mark.parametrize(
    "path",
    [b"a", b"a b", b"it's", b'"$x"', b"\\n", b"line\nbreak", b"caf\xe9%", "日本".encode(), b"-r", b"*"],
)
def test_any_name_is_one_word_of_the_shell(path):
    printed = subprocess.run(["/bin/sh", "-c", f"printf %s {shell_word(path)}"], capture_output=True)

    assert printed.stdout == b"/" + path
    assert "\n" not in shell_word(path)
    assert len(shlex.split(shell_word(path))) == 1
