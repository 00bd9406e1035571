"""``diff`` as docker prints it, of one layer or several."""

import pytest
from django.core.management import CommandError

from tests.oracle.golden import golden

TOP = [
    "C /root",
    "A /root/.bash_history",
    "C /run",
    "A /run/nginx.pid",
    "C /usr",
    "C /usr/share",
    "C /usr/share/nginx",
    "C /usr/share/nginx/html",
    "C /usr/share/nginx/html/index.html",
]


def test_the_top_layer_is_what_is_meant_without_options(load, output):
    load("01")

    assert output("diff", "nginx:v2").splitlines()[: len(TOP)] == TOP
    assert output("diff", "nginx:v2", "--layer", "4") == output("diff", "nginx:v2")


def test_a_layer_goes_by_its_diff_id_or_the_beginning_of_it(load, output):
    load("01")
    diff_id = golden("01-webserver")["images"][0]["layers"][1]["diff_id"]
    expected = output("diff", "nginx", "--layer", "1")

    for name in (diff_id, diff_id[:20], diff_id.removeprefix("sha256:")[:6]):
        assert output("diff", "nginx", "--layer", name) == expected


def test_a_run_of_layers_is_one_step(load, output):
    load("12")

    assert output("diff", "oracle/same:1", "--from", "1").splitlines() == ["A /x", "A /y"]
    assert output("diff", "oracle/same:1", "--from", "2", "--to", "2") == ""
    assert output("diff", "oracle/same:1", "--to", "0") == output("diff", "oracle/same:1", "--layer", "0")


def test_json_rows_are_pairs(load, rows):
    load("01")

    assert rows("diff", "nginx:v2")[0] == ["C", "/root"]


def test_bytes_that_are_no_text_are_replaced(load, output):
    load("07")
    layers = golden("07-names")["images"][0]["layers"]
    printed = [output("diff", "oracle/names", "--layer", str(layer["index"])) for layer in layers]

    assert any("�" in text for text in printed)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--layer", "9"], "There is no layer '9'; the image has the layers 0 to 4"),
        (["--layer", "-1"], "There is no layer '-1'"),
        (["--layer", "sha256:ffff"], "There is no layer 'sha256:ffff'"),
        (["--from", "3", "--to", "1"], "Layer 3 stands above layer 1"),
        (["--from", "1", "--layer", "1"], "Give either --layer, or --from and --to"),
    ],
)
def test_a_layer_that_is_not_there_is_refused(words, message, load, output):
    load("01")
    with pytest.raises(CommandError, match=message):
        output(
            "diff",
            "nginx:v2",
            *(f"{option}={value}" for option, value in zip(words[::2], words[1::2], strict=True)),
        )
