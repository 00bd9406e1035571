"""Patterns for paths."""

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.changeset.globs import InvalidGlob, compile_glob


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("id_rsa", "root/.ssh/id_rsa", True),
        ("id_rsa", "id_rsa", True),
        ("id_rsa", "root/.ssh/id_rsa.pub", False),
        ("/id_rsa", "root/id_rsa", False),
        ("*.pyc", "usr/lib/a.pyc", True),
        ("/usr/*.pyc", "usr/lib/a.pyc", False),
        ("/usr/**/*.pyc", "usr/lib/x/a.pyc", True),
        ("/usr/**/*.pyc", "usr/a.pyc", True),
        ("usr/**", "usr/a", True),
        ("usr/**", "usr", False),
        ("**/cache", "var/cache/apt/x", True),
        ("**/cache/**/x", "var/cache/x", True),
        ("**/cache/**/x", "cache/a/b/x/y", True),
        ("/var/cache/", "var/cache/apt", True),
        ("/var/cache", "var/cached", False),
        ("?", "a", True),
        ("?", "ab", False),
        ("[ab]x", "ax", True),
        ("[!ab]x", "ax", False),
        ("[!ab]x", "cx", True),
        ("[a-c]", "b", True),
        ("[", "[", True),
        ("**", "any/thing", True),
        ("é*", "étage", True),
        ("a.b", "axb", False),
        ("a\\d", "a1", False),
    ],
)
def test_what_a_pattern_is_for(pattern, path, expected):
    assert bool(compile_glob(pattern).match(path.encode())) is expected


@pytest.mark.parametrize("pattern", ["", "/", "//", "a/../b", "x" * 1001])
def test_what_is_no_pattern(pattern):
    with pytest.raises(InvalidGlob):
        compile_glob(pattern)


@given(
    st.text("ab*?", min_size=1, max_size=8).filter(lambda text: "**" not in text),
    st.text("ab", min_size=1, max_size=8),
)
def test_within_a_name_it_is_what_fnmatch_says(pattern, name):
    assert bool(compile_glob("/" + pattern).fullmatch(name.encode())) is fnmatchcase(name, pattern)


@given(
    st.lists(st.sampled_from(["**", "a", "b", "*", "a*"]), min_size=2, max_size=5),
    st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=5),
)
def test_across_directories_it_is_what_trying_every_split_says(parts, names):
    found = compile_glob("/" + "/".join(parts)).match("/".join(names).encode())
    assert bool(found) is any(fits(parts, names[:end]) for end in range(1, len(names) + 1))


def fits(parts: list[str], names: list[str]) -> bool:
    """The slow way."""
    if not parts:
        return not names
    if parts[0] == "**":
        least = 1 if len(parts) == 1 else 0
        return any(fits(parts[1:], names[skip:]) for skip in range(least, len(names) + 1))
    return bool(names) and fnmatchcase(names[0], parts[0]) and fits(parts[1:], names[1:])


def test_no_pattern_takes_long():
    pattern = compile_glob("/" + "*a" * 400)

    assert not pattern.match(b"a" * 399 + b"b" * 3000)
    assert isinstance(compile_glob("**/" * 100 + "z"), re.Pattern)
    assert not compile_glob("**/a/" * 100 + "z").match(b"a/" * 2000 + b"b")
