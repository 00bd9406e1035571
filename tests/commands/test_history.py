"""``history`` as docker prints it."""

import re

import pytest
from django.core.management import CommandError

from tests.oracle.golden import golden

NGINX, NGINX_V2 = (image["id"] for image in golden("01-webserver")["images"])


def with_ids(lines, known):
    """docker's table with ``<missing>`` for the images that only the recording engine had."""
    return [
        re.sub(r"^sha256:\w{64}", lambda id: id[0] if id[0] in known else "<missing>".ljust(71), line)
        for line in lines
    ]


def test_the_whole_table_is_docker_s(load, output):
    load("01")
    for image in golden("01-webserver")["images"]:
        expected = with_ids(image["history"]["cli_table_no_trunc_bytes"], {NGINX, NGINX_V2})
        found = output("history", "--no-trunc", "--human=false", image["id"])

        assert found.rstrip().splitlines() == expected


def test_the_short_table_cuts_ids_and_commands(load, output):
    load("01")
    lines = output("history", "nginx:v2").splitlines()

    assert re.fullmatch(r"1c9f65dc7733   .* ago +nginx -g daemon off; {28}97B       修改了默认网页", lines[1])
    assert '/bin/sh -c #(nop)  CMD ["nginx" "-g" "daemon…   0B' in lines[2]
    assert lines[3].startswith("<missing>      ")


def test_a_row_that_is_an_image_of_the_library_shows_its_id(load, output):
    load("01")

    assert output("history", "-q", "nginx:v2").split()[:3] == ["1c9f65dc7733", "c30ab78a077a", "<missing>"]


def test_an_image_no_engine_tied_to_its_base_shows_only_itself(load, output):
    load("13/dot-names.tar")
    load("13/tag-forms.tar")
    load("13/whiteout-nothing.tar")

    assert output("history", "-q", "oracle/hand:whiteout-nothing").split() == ["cfcbb6b68620", "<missing>"]


def test_an_image_without_history_prints_the_head_of_the_table(load, output):
    load("13/no-history.tar")

    assert (
        output("history", "oracle/hand:no-history") == "IMAGE     CREATED   CREATED BY   SIZE      COMMENT\n"
    )


def test_a_missing_date_is_go_s(load, rows):
    load("13/short-history.tar")
    [row] = rows("history", "oracle/hand:short-history")

    assert (row["CreatedAt"], row["CreatedSince"]) == ("0001-01-01T00:00:00Z", "292 years ago")


def test_an_unknown_image_is_told_with_what_there_is(load, output):
    load("01")
    with pytest.raises(
        CommandError, match=r"No image is called 'apache'; there are: nginx:v2, nginx:latest\."
    ):
        output("history", "apache")
