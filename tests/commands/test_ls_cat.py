"""``ls`` and ``cat`` look into the merged tree at a layer."""

import json
from base64 import b64decode

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def content(capfdbinary):
    """The bytes that ``cat`` prints."""

    def run(*words: str) -> bytes:
        capfdbinary.readouterr()
        call_command("cat", *words)
        return capfdbinary.readouterr().out

    return run


def test_a_directory_is_listed_with_the_layer_of_each_path(load, output):
    load("01")
    lines = output("ls", "nginx:v2", "/usr/share/nginx/html").splitlines()

    assert lines[0].split() == ["MODE", "UID", "GID", "SIZE", "MODIFIED", "LAYER", "NAME"]
    assert [line.split()[-2:] for line in lines[1:]] == [["3", "50x.html"], ["4", "index.html"]]
    assert lines[1].startswith("-rw-r--r--   0         0 ")


def test_symlinks_show_where_they_lead(load, output):
    load("01")

    assert (
        "lrwxrwxrwx   0         0         0         2020-09-13 12:26:40   0         ash -> busybox"
        in output("ls", "nginx", "/bin").splitlines()
    )


def test_an_older_layer_shows_what_was_there_then(load, output, content):
    load("01")
    now, then = (content("nginx:v2", "/usr/share/nginx/html/index.html", f"--layer={n}") for n in (4, 3))

    assert now != then
    assert then == content("nginx", "usr/share/nginx/html/index.html")
    assert ".bash_history" not in output("ls", "nginx:v2", "/root", "--layer", "3")


def test_a_path_that_is_no_directory_is_listed_alone(load, output):
    load("01")

    assert output("ls", "nginx", "/etc/passwd").splitlines()[1].endswith("   passwd")


def test_json_rows_tell_all_that_is_known(load, rows):
    load("08")
    found = {row["path"]: row for row in rows("ls", "oracle/special", "/s", "--layer", "1")}

    assert found["/s/null"]["rdev"] == [1, 3]
    assert {row["type"] for row in found.values()} >= {"char", "block", "fifo"}


def test_names_that_a_terminal_obeys_are_spelled_out(load, output):
    load("07")
    text = output("ls", "oracle/names", "/", "-R")

    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert "\\x1b" in text
    assert "\\xe9" in text


def test_cat_follows_symlinks_inside_the_image(load, content):
    load("01")

    assert content("nginx", "/bin/ash") == content("nginx", "/bin/busybox")


def test_cat_as_json_carries_the_content_in_base64(load, content):
    load("01")
    row = json.loads(content("nginx", "/etc/passwd", "--format=json"))

    assert b64decode(row["content_b64"]) == content("nginx", "/etc/passwd")
    assert (row["path"], row["layer"]) == ("/etc/passwd", 0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cat", "nginx", "/nowhere"], "/nowhere does not exist"),
        (["cat", "nginx", "/etc"], "/etc is no file but a dir"),
        (["ls", "nginx", "/etc/nowhere"], "/etc/nowhere does not exist"),
        (["ls", "nginx", "/etc/passwd/x"], "/etc/passwd/x does not exist"),
    ],
)
def test_a_path_that_is_not_there_is_refused(words, message, load, output):
    load("01")
    with pytest.raises(CommandError, match=message):
        output(*words)
