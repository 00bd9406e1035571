"""``images`` as docker prints them."""

import re

from tests.oracle.golden import golden


def columns(line):
    """A line's cells but the age."""
    cells = re.split(" {2,}", line)
    return cells[:3] + cells[4:]


def test_the_table_is_docker_s(load, output):
    load("01")
    found = output("images", "--no-trunc").splitlines()

    assert [columns(line) for line in found] == [
        columns(line) for line in golden("01-webserver")["docker_images_table"]
    ]


def test_every_name_is_a_row_and_an_image_without_name_is_one(load, output):
    load("12")
    names = {image["id"] for image in golden("12-tags-dangling-identical")["images"]}
    expected = [columns(line) for line in golden("12-tags-dangling-identical")["docker_images_table"][1:]]
    found = [columns(line) for line in output("images", "--no-trunc").splitlines()[1:]]

    # docker takes the repositories of one image in no order.
    assert sorted(found) == sorted(row for row in expected if row[2] in names)
    assert [row[2] for row in found] == [row[2] for row in expected if row[2] in names]


def test_an_empty_library_prints_the_head_of_the_table(db, output):
    assert output("images") == "REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n"


def test_json_has_docker_s_keys_and_says_what_is_shared(load, rows):
    load("01")
    v2, v1 = rows("images")

    assert " ".join(v2) == (
        "Containers CreatedAt CreatedSince Digest ID Repository SharedSize Size Tag UniqueSize VirtualSize"
    )
    assert v2["CreatedAt"] == "2026-11-23 20:24:42 +0000 UTC"
    assert (v2["Size"], v2["VirtualSize"], v2["SharedSize"], v2["UniqueSize"]) == (
        "1.98MB",
        "1.983MB",
        "1.98MB",
        "97B",
    )
    assert (v1["SharedSize"], v1["UniqueSize"]) == ("1.98MB", "0B")


def test_a_name_narrows_the_list(load, output):
    load("12")

    assert len(output("images", "-q", "oracle/a").split()) == 1
    assert output("images", "oracle/*:1").count("oracle/") == 3
    assert output("images", "localhost:5000/team/app").count("v1.2-rc_3") == 1
    assert output("images", "nginx").splitlines()[1:] == []


def test_platforms_of_an_index_share_its_name(load, rows):
    load("11/nested-index.tar")
    names = [(row["Repository"], row["Tag"]) for row in rows("images")]

    assert len(names) == 4
    assert len(set(names)) == 1
