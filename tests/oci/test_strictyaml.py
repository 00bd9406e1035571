"""The YAML of a rules file, and what is refused rather than guessed."""

import pytest

from layers.oci.strictyaml import InvalidYaml, parse_yaml

DIVE = """\
rules:
  # If the efficiency is measured below X%, mark as failed.
  lowestEfficiency: 0.95

  highestWastedBytes: 20MB  # in B, KB, MB, and GB
  highestUserWastedPercent: "0.20"
"""


def test_the_file_that_dive_shows_as_an_example():
    assert parse_yaml(DIVE) == {
        "rules": {
            "lowestEfficiency": "0.95",
            "highestWastedBytes": "20MB",
            "highestUserWastedPercent": "0.20",
        }
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# only a remark\n\n", {}),
        ("---\na: b\n", {"a": "b"}),
        ("a:\nb: 1", {"a": "", "b": "1"}),
        ("a: # later\n  b: 1", {"a": {"b": "1"}}),
        ("a:\n- x\n- y\nb: 1", {"a": ["x", "y"], "b": "1"}),
        ("a:\n    - '*.pyc'\n    - \"it's\" # so\n", {"a": ["*.pyc", "it's"]}),
        ("a: 'it''s'", {"a": "it's"}),
        ('a: "q\\"uo\\\\te"', {"a": 'q"uo\\te'}),
        ("a: x#y", {"a": "x#y"}),
        ("a: -1", {"a": "-1"}),
        ("a: /usr/**/x", {"a": "/usr/**/x"}),
        ("a: ''", {"a": ""}),
        ("a:\r\n  b: c\r\n", {"a": {"b": "c"}}),
    ],
)
def test_what_is_read(text, expected):
    assert parse_yaml(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("root:x:0:0", "Line 1 is no “key: value”"),
        ("- a", "begins a list"),
        ("a:\n\t- b", "Line 2 is indented with a tab"),
        ("a: 1\na: 2", "Line 2 has the key a a second time"),
        ("a: *x", "begins its value with '\\*': put it in quotes"),
        ("a: [1, 2]", "put each value on a line of its own, behind “- ”"),
        ("a: {b: 1}", "put it in quotes"),
        ("a: |\n  x", "put it in quotes"),
        ("a: !tag x", "put it in quotes"),
        ("a: 'x", "does not end"),
        ("a: 'x' y", "goes on behind its end"),
        ("a: b: c", "has a colon"),
        ("a:\n  - \n", "Line 2 has no value"),
        ("a:\n  - x\n    y", "Line 3 continues an item"),
        ("a: 1\n    b: 2", "Line 2 is indented more"),
        ("  a: 1\nb: 2", "Line 2 is indented less"),
        ("a:\n  b:\n    c:\n      d:\n        e:\n          f: 1", "more than 4 levels"),
        ("a: 1\n---\nb: 2", "Line 2 is no “key: value”"),
    ],
)
def test_what_is_refused_names_the_line(text, message):
    with pytest.raises(InvalidYaml, match=message):
        parse_yaml(text)
