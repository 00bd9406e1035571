"""What matches what: text anywhere in a path, globs, and names that are no text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.oci.changeset.paths import split
from layers.pathindex.block import spelled
from layers.pathindex.pattern import BELOW, NAMED, parse_pattern
from layers.pathindex.postings import END, GRAM, grams

CASES = [
    ("passwd", b"etc/passwd", NAMED),
    ("passwd", b"etc/passwd-", NAMED),
    ("PASSWD", b"etc/passwd", NAMED),
    ("passwd", b"etc/PassWd", NAMED),
    ("etc", b"etc/passwd", BELOW),
    ("etc/pass", b"etc/passwd", NAMED),
    ("/etc/pass", b"etc/passwd", NAMED),
    ("/etc/pass", b"usr/etc/passwd", NAMED),
    ("c/p", b"etc/passwd", NAMED),
    ("share/nginx", b"usr/share/nginx/html/index.html", BELOW),
    ("nginx/", b"usr/share/nginx", None),
    ("nginx/", b"usr/share/nginx/html", BELOW),
    ("a/b/c", b"x/a/b/c", NAMED),
    ("aa", b"aa/aa", NAMED),
    ("*.pem", b"etc/ssl/server.pem", NAMED),
    ("*.pem", b"etc/ssl/server.pem.bak", None),
    ("*.pem", b"x.pem/file", None),
    ("*.PEM", b"etc/server.pem", NAMED),
    ("etc/*/passwd", b"etc/pam.d/passwd", NAMED),
    ("/etc/*/passwd", b"etc/pam.d/passwd", NAMED),
    ("etc/*/passwd", b"usr/etc/pam.d/passwd", None),
    ("etc/*/passwd", b"etc/a/b/passwd", None),
    ("etc/**/passwd", b"etc/a/b/passwd", NAMED),
    ("etc/**/passwd", b"etc/passwd", NAMED),
    ("**/id_rsa", b"id_rsa", NAMED),
    ("**/id_rsa", b"root/.ssh/id_rsa", NAMED),
    ("**/id_rsa", b"root/.ssh/id_rsa.pub", None),
    ("etc/**", b"etc/a/b", NAMED),
    ("etc/**", b"etc", None),
    ("**", b"anything/at/all", NAMED),
    ("a/**/**/b", b"a/b", NAMED),
    ("file?", b"d/file1", NAMED),
    ("file?", b"d/file", None),
    ("file?", "d/fileé".encode(), NAMED),
    ("file??", "d/fileé".encode(), None),
    ("[ab]*", b"abc", NAMED),
    ("[!ab]*", b"abc", None),
    ("[^ab]*", b"cab", NAMED),
    ("[a-c]x", b"bx", NAMED),
    ("[z-a]x", b"-x", NAMED),
    ("[]]x", b"]x", NAMED),
    ("[é]*", "éa".encode(), NAMED),
    ("[!é]*", "éa".encode(), None),
    ("[", b"usr/bin/[", NAMED),
    ("a\\*b", b"a*b", NAMED),
    ("a\\*b", b"axb", None),
    ("*a*a*b", b"xaxaxb", NAMED),
    ("\\xff", b"n/\xff\xfe", NAMED),
    ("\\xFF\\xfe", b"n/\xff\xfe", NAMED),
    ("\\xff", rb"n/\xff", NAMED),
    ("\ufffd", b"n/\xff", NAMED),
    ("n/\udcff", b"n/\xff\xfe", NAMED),
    ("\ud800", b"n/x", None),
    ("␛[1m", b"a\x1b[1m", NAMED),
    ("␛", "a␛".encode(), NAMED),
    ("⟨U+202E⟩", "a\u202eb".encode(), NAMED),
    ("⟨U+202E⟩", "⟨U+202E⟩".encode(), NAMED),
    ("É", "é".encode(), None),
    ("*.\\xff", b"a.\xff", NAMED),
    ("x\\xffy/z", b"x\xffy/z", NAMED),
    ("a b", b"a b", NAMED),
    ("  b ", b"abc", NAMED),
]


def rank(text: str, path: bytes) -> int | None:
    directory, name = split(path)
    test = parse_pattern(text).in_directory(spelled(directory).lower())
    return None if test is None else test(name.lower())


def can_be_looked_up(text: str, path: bytes, rank: int) -> bool:
    """Whether the grams that the pattern asks for are in the path."""
    directory, name = split(path)
    texts = {False: b"/" + name.lower() + END, True: spelled(directory).lower() + END}
    (pieces,) = [each for each in parse_pattern(text).plan if each.rank == rank]
    needed = [(False, piece) for piece in pieces.name] + [(True, piece) for piece in pieces.directory]
    return all(
        grams(piece) <= grams(texts[of_directory])
        and any(gram.startswith(piece[:GRAM]) for gram in grams(texts[of_directory]))
        for of_directory, piece in needed
    )


@pytest.mark.parametrize(("text", "path", "expected"), CASES)
def test_pattern_matches_as_it_reads(text, path, expected):
    assert rank(text, path) == expected


@pytest.mark.parametrize(("text", "path", "expected"), [case for case in CASES if case[2] is not None])
def test_what_matches_is_looked_up(text, path, expected):
    assert can_be_looked_up(text, path, expected)
    directory, name = split(path)
    block = b"/other/\0/one\0" + spelled(directory) + b"\0/" + name + b"\0/\0/last\0"
    starts = list(parse_pattern(text).candidates(block.lower()))
    assert (block.index(b"/" + name + b"\0") in starts) == (expected == NAMED)


@pytest.mark.parametrize("text", ["", " ", "/", "//", "\0"])
def test_nothing_is_no_pattern(text):
    assert parse_pattern(text) is None


LETTERS = st.text(alphabet="ab./B", max_size=8)
PATHS = st.lists(st.text(alphabet="ab.B", min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)


@settings(deadline=None)
@given(LETTERS.filter(lambda text: text.strip("/")), PATHS)
def test_text_is_found_wherever_it_stands(text, path):
    whole, needle = f"/{path}".lower(), text.lower()
    name = whole.rindex("/") + 1
    starts = [at for at in range(len(whole)) if whole.startswith(needle, at)]
    expected = None
    if any(at + len(needle) > name for at in starts):
        expected = NAMED
    elif starts:
        expected = BELOW

    found = rank(text, path.encode())
    assert found == expected
    if found is not None:
        assert can_be_looked_up(text, path.encode(), found)
        assert in_a_block(text, path.encode()) or found == BELOW


def in_a_block(text: str, path: bytes) -> bool:
    """Whether the quick look at a block finds the name."""
    directory, name = split(path)
    start = spelled(directory) + b"\0"
    return len(start) in parse_pattern(text).candidates((start + b"/" + name + b"\0").lower())


GLOBS = st.lists(st.sampled_from(["a", "b", ".", "*", "?", "[ab]", "/", "**/"]), min_size=1, max_size=7)


@settings(deadline=None)
@given(GLOBS.map("".join).filter(lambda text: "*" in text or "?" in text or "[" in text), PATHS)
def test_globs_are_what_the_plain_reading_says(text, path):
    expected = plainly(text).fullmatch(path.lower()) is not None

    found = rank(text, path.encode())
    assert (found == NAMED) == expected
    if found is not None:
        assert can_be_looked_up(text, path.encode(), NAMED)
        assert in_a_block(text, path.encode())


def plainly(text: str) -> re.Pattern[str]:
    """A glob as one expression, step by step; slow for some texts, right for all."""
    steps = [step for step in text.split("/") if step]
    steps = steps if "/" in text else ["**", *steps]
    expression = ""
    for at, step in enumerate(steps):
        is_last = at == len(steps) - 1
        if step == "**":
            expression += "[^/]+(/[^/]+)*" if is_last else "([^/]+/)*"
            continue
        inside = re.sub(r"\*+", "*", step).replace(".", r"\.").replace("*", "[^/]*").replace("?", "[^/]")
        expression += inside + ("" if is_last else "/")
    return re.compile(expression)


def test_many_stars_take_no_time():
    assert rank("*a" * 60 + "*b", b"a" * 255) is None
    assert rank("**/" * 40 + "b", b"/".join([b"a"] * 500)) is None
