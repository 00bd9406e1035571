"""Tables, sizes and ages to the byte, against what docker's client printed."""

from datetime import UTC, datetime, timedelta

import pytest

from layers.management.human import ellipsis, human_duration, human_since, human_size
from layers.management.table import table
from tests.oracle.golden import CASES, golden

HISTORIES = [image["history"] for case in CASES for image in golden(case).get("images", [])]
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def rebuilt(history, header, cells):
    lines = history["cli_table" if header[1] == "CREATED" else "cli_table_no_trunc_bytes"]
    rows = [cells(*row) for row in zip(history["api"], history["cli_json_no_trunc"], lines[1:], strict=True)]
    return table([header, *rows]).rstrip(), "\n".join(lines).rstrip()


def test_a_table_of_history_is_laid_out_as_docker_lays_it_out():
    def cells(row, _, line):
        image_id = row["Id"].removeprefix("sha256:")
        since = line[len("c30ab78a077a   ") :].split("  ")[0]
        return image_id[:12], since, ellipsis(row["CreatedBy"], 45), human_size(row["Size"]), row["Comment"]

    for history in HISTORIES:
        found, expected = rebuilt(history, ("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"), cells)
        assert found == expected


def test_a_table_in_full_is_laid_out_as_docker_lays_it_out():
    def cells(row, line, _):
        return row["Id"], line["CreatedAt"], row["CreatedBy"], str(row["Size"]), row["Comment"]

    for history in HISTORIES:
        found, expected = rebuilt(history, ("IMAGE", "CREATED AT", "CREATED BY", "SIZE", "COMMENT"), cells)
        assert found == expected


def test_a_newline_in_a_cell_starts_a_line_and_a_block_of_columns():
    assert (
        table([("a", "long\nb", "c"), ("d", "e", "f")])
        == "a         long\nb         c\nd         e         f\n"
    )


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0B"), (999, "999B"), (1000, "1kB"), (500_006, "500kB"), (1_982_613, "1.98MB")]
)
def test_sizes_are_decimal_with_three_digits(size, text):
    assert human_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (59 * 60, "59 minutes"),
        (60 * 60, "About an hour"),
        (90 * 60, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (13 * 86400, "13 days"),
        (14 * 86400, "2 weeks"),
        (60 * 86400, "2 months"),
        (729 * 86400, "24 months"),
        (730 * 86400, "2 years"),
    ],
)
def test_ages_are_docker_s(seconds, text):
    assert human_duration(seconds) == text


def test_a_missing_date_is_as_long_ago_as_go_can_count():
    assert human_since(None, NOW) == "292 years ago"


def test_ages_count_from_the_whole_second():
    assert human_since(NOW - timedelta(seconds=1, microseconds=900_000), NOW) == "2 seconds ago"
