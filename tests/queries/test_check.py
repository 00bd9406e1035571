"""An image held against rules."""

import pytest

from layers.queries.check import check, find_paths
from layers.queries.check_rules import InvalidRules, Rules, parse_rules
from layers.queries.check_words import place, said
from tests.built import build, file, folder, gone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Rules()),
        ("rules:", Rules()),
        ("rules:\n  lowestEfficiency: 0.5", Rules(lowest_efficiency=0.5)),
        ("rules:\n  lowestEfficiency: disabled", Rules(lowest_efficiency=None)),
        ("rules:\n  lowestEfficiency: 'Off'", Rules(lowest_efficiency=None)),
        ("rules:\n  highestUserWastedPercent: 1", Rules(highest_user_wasted_percent=1.0)),
        ("rules:\n  highestWastedBytes: 20MB", Rules(highest_wasted_bytes=20_000_000)),
        ("rules:\n  highestWastedBytes: 20 mb", Rules(highest_wasted_bytes=20_000_000)),
        ("rules:\n  highestWastedBytes: 1.5KiB", Rules(highest_wasted_bytes=1536)),
        ("rules:\n  highestWastedBytes: 1,024", Rules(highest_wasted_bytes=1024)),
        ("rules:\n  highestWastedBytes: 2g", Rules(highest_wasted_bytes=2_000_000_000)),
        ("rules:\n  numbers: dive", Rules(numbers="dive")),
        ("rules:\n  forbiddenPaths: '*.key'", Rules(forbidden=("*.key",))),
        ("rules:\n  requiredPaths:\n    - /a\n    - /b", Rules(required=("/a", "/b"))),
    ],
)
def test_rules_are_read(text, expected):
    assert parse_rules(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules:\n  lowestEfficiency: 90", "lowestEfficiency is a number from 0 to 1"),
        ("rules:\n  lowestEfficiency: nan", "lowestEfficiency is a number from 0 to 1"),
        ("rules:\n  highestWastedBytes: lots", "highestWastedBytes is a number of bytes"),
        ("rules:\n  highestWastedBytes: -1", "highestWastedBytes is a number of bytes"),
        ("rules:\n  highestWastedBytes:\n    - 1", "highestWastedBytes takes one value"),
        ("rules:\n  lowestEficiency: 1", "There is no rule lowestEficiency; there are: lowestEfficiency, "),
        ("lowestEfficiency: 1", "“lowestEfficiency” is no part of a rules file"),
        ("rules: 1", "“rules” is no part"),
        ("rules:\n  forbiddenPaths:\n    - a/../b", "forbiddenPaths: The pattern"),
        ("rules:\n  forbiddenPaths:\n    a: b", "forbiddenPaths takes a list"),
        ("rules:\n  numbers: mine", "numbers is “own” or “dive”"),
        ("rules\n", "Line 1 is no “key: value”"),
        ("x" * 70_000, "longer than"),
    ],
)
def test_rules_that_are_none_are_refused(text, message):
    with pytest.raises(InvalidRules, match=message):
        parse_rules(text)


@pytest.fixture
def image(db, tmp_path):
    """1000 bytes live, 500 wasted; 700 in layers above the lowest."""
    return build(
        tmp_path,
        "a:1",
        ("FROM scratch", [file("base", b"b" * 800), folder("d"), file("d/empty")]),
        ("COPY", [file("root/id_rsa", b"k" * 500)]),
        ("RUN", [file("root/.wh.id_rsa"), file("app", b"a" * 200)]),
    )


def statuses(image, rules: Rules) -> list[bool | None]:
    return [verdict.passed for verdict in check(image, rules).verdicts]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (Rules(1000 / 1500, 500, 500 / 700), [True, True, True]),
        (Rules(0.67, 499, 0.71), [False, False, False]),
        (Rules(None, None, None), [None, None, None]),
        # dive's reckoning: the deleted file counts in full, as here; the efficiency does, too.
        (Rules(1000 / 1500, 500, 500 / 700, numbers="dive"), [True, True, True]),
    ],
)
def test_the_three_rules_of_dive(image, rules, expected):
    assert statuses(image, rules) == expected


def test_the_numbers_can_be_dives(db, tmp_path):
    image = build(tmp_path, "b:1", ("FROM scratch", [file("f", b"1" * 60)]), ("RUN", [file("f", b"2" * 40)]))

    (own, *_), (dives, *_) = (check(image, Rules(numbers=whose)).verdicts for whose in ("own", "dive"))
    assert (own.found, dives.found) == (0.4, 0.4)
    assert [check(image, Rules(numbers=whose)).verdicts[1].found for whose in ("own", "dive")] == [60, 100]


def test_a_forbidden_path_is_found_even_if_it_was_deleted(image):
    rules = Rules(None, None, None, forbidden=("id_rsa", "*.pem"))
    found, missing = check(image, rules).verdicts[3:]

    assert (found.passed, missing.passed) == (False, True)
    (path,) = found.paths
    assert (path.path, path.layers, path.is_visible) == (b"root/id_rsa", [1], False)
    assert place(path) == "hidden, still in layer 1"
    assert said(missing, str) == "no such path in any layer"


def test_a_required_path_has_to_be_seen(image):
    rules = Rules(None, None, None, required=("/app", "id_rsa", "/d/empty", "/d"))

    assert statuses(image, rules)[3:] == [True, False, True, True]


def test_of_a_tree_that_matches_only_the_top_is_told(image):
    found = find_paths(image, ["/root", "**"])

    assert [path.path for path in found["/root"]] == [b"root"]
    assert sorted(path.path for path in found["**"]) == [b"app", b"base", b"d", b"root"]


def test_whiteouts_are_no_paths(db, tmp_path):
    image = build(tmp_path, "b:1", ("FROM scratch", [file("a", b"1")]), ("RUN", [gone("a"), gone("never")]))
    found = find_paths(image, ["/a", "/never"])

    assert [(path.layers, path.is_visible) for path in found["/a"]] == [([0], False)]
    assert found["/never"] == []


def test_what_is_below_a_directory_that_went_is_hidden(db, tmp_path):
    image = build(
        tmp_path, "b:1", ("FROM", [file("d/x", b"1")]), ("RUN", [gone("d")]), ("RUN", [file("d/y", b"2")])
    )
    found = find_paths(image, ["/d/x", "/d/y", "/d"])

    assert {pattern: [path.is_visible for path in paths] for pattern, paths in found.items()} == {
        "/d/x": [False],
        "/d/y": [True],
        "/d": [True],
    }
