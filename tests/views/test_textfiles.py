"""Text files come back from a browser as they went there, but for what the person changed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.views.encodings import ENCODINGS, detect
from layers.views.textfiles import CannotSpell, new_text, open_text

LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
WORDS = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=6)
PLAIN = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=6)


def as_a_browser_sends_it(text: str) -> str:
    """Every line end of a text area is CRLF in a form."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


@st.composite
def files(draw, words=WORDS) -> str:
    """A text with line ends of any kind, and perhaps none at its end."""
    lines = draw(st.lists(st.tuples(words, LINE_ENDS), max_size=12))
    return "".join(line + end for line, end in lines) + draw(words)


@given(files(), st.sampled_from(["utf-8", "utf-8-bom", "utf-16-le-bom", "utf-16-be-bom", "gb18030"]))
def test_what_was_not_changed_is_the_same_byte_for_byte(text, key):
    data = ENCODINGS[key].encode(text)
    opened = open_text(data, ENCODINGS[key])

    assert opened is not None
    assert opened.spell(as_a_browser_sends_it(opened.text)) == data


@given(st.binary(max_size=200))
def test_any_bytes_come_back_or_are_no_text(data):
    opened = open_text(data)

    assert opened is None or opened.spell(as_a_browser_sends_it(opened.text)) == data


@given(st.binary(max_size=60), st.sampled_from(sorted(ENCODINGS)))
def test_no_encoding_opens_what_it_cannot_give_back(data, key):
    opened = open_text(data, ENCODINGS[key])

    assert opened is None or opened.spell(as_a_browser_sends_it(opened.text)) == data


@given(files(PLAIN), st.data())
def test_a_changed_line_changes_no_byte_of_another(text, data):
    opened = open_text(text.encode("latin-1"), ENCODINGS["iso-8859-1"])
    assert opened is not None
    number = data.draw(st.integers(0, len(opened.lines) - 1))
    lines = [*opened.lines]
    lines[number] = "a line that was not there"
    saved = opened.spell(as_a_browser_sends_it("\n".join(lines)))
    ends = [*opened.ends, ""]

    assert saved == "".join(map(str.__add__, lines, ends)).encode("latin-1")


def test_a_new_line_ends_as_the_one_before_it():
    opened = open_text(b"unix\ndos\r\ndos too\r\nunix\n")

    assert opened is not None
    assert opened.line_end == "mixed"
    assert opened.spell("unix\ndos\nnew\ndos too\nunix\n") == b"unix\ndos\r\nnew\r\ndos too\r\nunix\n"


@pytest.mark.parametrize(
    ("data", "line_end", "saved"),
    [
        (b"a\nb\n", "LF", b"a\nb\nc"),
        (b"a\r\nb\r\n", "CRLF", b"a\r\nb\r\nc"),
        (b"a\rb\r", "CR", b"a\rb\rc"),
        (b"a", "", b"a\nb\nc"),
        (b"", "", b"a\nb\nc"),
    ],
)
def test_lines_that_are_added_end_as_those_before(data, line_end, saved):
    opened = open_text(data)

    assert opened is not None
    assert opened.line_end == line_end
    assert opened.spell("a\r\nb\r\nc") == saved


def test_an_empty_line_after_a_bare_cr_stays_a_line():
    opened = open_text(b"a\rb\nc\r\n")

    assert opened is not None
    saved = opened.spell("a\n\nc\n")
    assert saved == b"a\r\rc\r\n"
    assert open_text(saved).lines == ("a", "", "c", "")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"plain", "utf-8"),
        ("é".encode(), "utf-8"),
        (b"\xef\xbb\xbfa", "utf-8-bom"),
        (b"\xff\xfea\0", "utf-16-le-bom"),
        (b"\xfe\xff\0a", "utf-16-be-bom"),
        (b"Gr\xfc\xdfe", "iso-8859-1"),
        (b"\x80uro \x93", "windows-1252"),
        (b"\x81 has only Latin-1", "iso-8859-1"),
        ("é ".encode() + b"\xe9", "utf-8-stray"),
    ],
)
def test_encoding_is_found_by_looking(data, key):
    assert detect(data).key == key


def test_a_character_cut_in_its_middle_is_no_stray():
    assert detect("é".encode()[:1], is_cut=True).key == "utf-8"


def test_stray_bytes_stay_where_they_are():
    data = "naïve ".encode() + b"\xff\xfe line\nnext\n"
    opened = open_text(data)

    assert opened is not None
    assert opened.spell(opened.text.replace("next", "été")) == data.replace(b"next", "été".encode())


@pytest.mark.parametrize("data", [b"\x7fELF\0", b"\xff\xfea", b"a\0b", b"\xff\xfe\0\xd8"])
def test_what_would_not_come_back_is_not_opened(data):
    assert open_text(data) is None


def test_a_character_that_the_encoding_lacks_is_named():
    opened = open_text(b"Gr\xfc\xdfe\nzwei\n")

    assert opened is not None
    with pytest.raises(CannotSpell, match=r"Line 2 has “☃” \(U\+2603\), which ISO-8859-1 does not have"):
        opened.spell("Grüße\nzwei ☃\n")
    assert opened.spell("Grüße ☃\n", ENCODINGS["utf-8"]) == "Grüße ☃\n".encode()


def test_a_new_file_is_utf_8_with_line_feeds():
    assert new_text().spell("é\r\n") == "é\n".encode()
