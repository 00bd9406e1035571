"""``log``: the life of a path, newest first."""

import pytest
from django.core.management import CommandError

from tests.built import build, file, gone, hard
from tests.oracle.golden import golden

INDEX = "/usr/share/nginx/html/index.html"


def test_a_file_that_was_added_and_changed(load, output, rows):
    load("01")
    lines = output("log", "nginx:v2", INDEX).splitlines()

    assert lines[0].split("  ")[0] == "LAYER"
    assert [line.split()[0] for line in lines[1:]] == ["4", "3"]
    assert [row["change"] for row in rows("log", "nginx:v2", INDEX)] == ["C", "A"]


def test_rows_tell_the_step_and_both_sizes(load, rows):
    load("01")
    top, bottom = rows("log", "nginx:v2", INDEX)
    recorded = next(image for image in golden("01-webserver")["images"] if len(image["layers"]) == 5)
    steps = recorded["history"]["cli_json_no_trunc"]

    assert {"content", "mtime"} <= set(top["why"])
    assert (top["size_before"], bottom["size_before"]) == (bottom["size"], 0)
    assert (top["shown"], bottom["shown"]) == (True, False)
    assert top["created_by"] in {step["CreatedBy"] for step in steps}
    assert (top["path"], top["layer"], bottom["layer"]) == (INDEX, 4, 3)


def test_a_directory_says_what_changed_below_it(load, rows, output):
    load("01")
    top = rows("log", "nginx:v2", "/usr/share/nginx/html/")[0]

    assert top["change"] == "C"
    assert "parent" in top["why"]
    assert top["below"]["C"] == 1
    assert "below: C1" in output("log", "nginx:v2", "/usr/share/nginx/html")
    assert rows("log", "nginx:v2", "/")[-1]["change"] == "A"


def test_what_went_with_its_directory_says_so(load, output, rows):
    load("02")
    recorded = golden("02-delete-opaque")["images"][0]["layers"]
    before, after = ({row["path"]: row for row in layer["merged"]} for layer in recorded[:2])
    gone = sorted(before.keys() - after.keys(), key=len)[-1]
    lost = next(row for row in rows("log", "oracle/delete-opaque", gone) if row["layer"] == 1)

    assert lost["change"] == "D"
    assert (lost["size"], lost["type"]) == (0, None)
    if "gone_with" in lost:
        assert lost["gone_with"] not in after


def test_a_path_is_followed_through_a_linked_directory(load, rows):
    load("01")

    assert rows("log", "nginx:v2", "/var/run/nginx.pid")[0]["path"] == "/run/nginx.pid"


def test_a_path_that_never_was_is_refused(load, output):
    load("01")
    with pytest.raises(CommandError, match="/no/where does not exist"):
        output("log", "nginx:v2", "/no/where")


def test_texts_are_cut_unless_told(load, output):
    load("01")

    assert "…" in output("log", "nginx:v2", INDEX)
    assert "…" not in output("log", "nginx:v2", INDEX, "--no-trunc")


def test_of_a_path_that_was_deleted_the_links_it_had_last(db, tmp_path, output, capsys):
    build(tmp_path, "a:1", ("RUN", [file("one", b"12345"), hard("two", "one")]), ("RUN", [gone("one")]))

    assert output("log", "--links", "a:1", "/one").splitlines()[1].split() == ["hardlink", "/two"]
    assert capsys.readouterr().err == "/one is not in the image: layer 1 deleted it. In layer 0:\n"
    assert len(output("log", "--links", "a:1", "/two").splitlines()) == 1
    assert capsys.readouterr().err == ""


def test_the_links_that_lead_there(load, output, rows):
    load("01")
    image = next(image for image in golden("01-webserver")["images"] if len(image["layers"]) == 5)
    links = {row["path"] for row in image["layers"][-1]["merged"] if row.get("linkname") == "busybox"}
    told = rows("log", "--links", "nginx:v2", "/bin/busybox")

    assert {row["path"] for row in told} == links != set()
    assert {(row["type"], row["target"]) for row in told} == {("symlink", "busybox")}
    assert output("log", "--links", "nginx:v2", "/bin/busybox").split()[:3] == ["TYPE", "PATH", "TARGET"]
