"""Files as text: decoded, highlighted, compared, and never for long."""

import pytest

from layers.templatetags.layers import delta, filesize, limit
from layers.views import hexdump
from layers.views.runtime import Value, settings_of
from layers.views.texts import LINE_LENGTH, decode
from layers.views.textwork import Helper, highlighted


@pytest.mark.parametrize(
    ("data", "content", "encoding"),
    [
        (b"plain\n", "plain\n", "UTF-8"),
        ("naïve".encode(), "naïve", "UTF-8"),
        (b"\xef\xbb\xbfbom", "bom", "UTF-8 (BOM)"),
        (b"\xff\xfe" + "wide".encode("utf-16-le"), "wide", "UTF-16 LE (BOM)"),
        ("Grüße aus Köln".encode("latin-1"), "Grüße aus Köln", "ISO-8859-1"),
        (b"\x93quoted\x94", "“quoted”", "Windows-1252"),
        ("naïve, and a byte ".encode() + b"\xff", "naïve, and a byte \udcff", "UTF-8 with stray bytes"),
        (b"", "", "UTF-8"),
    ],
)
def test_text_is_decoded(data, content, encoding):
    text = decode(data)

    assert text is not None
    assert text.encoding == encoding
    assert content is None or text.content == content


@pytest.mark.parametrize("data", [b"\x7fELF\0\0", bytes(range(1, 32)), b"\xff\xfe\xfd\xfc\xfb"[2:] * 9])
def test_binary_is_no_text(data):
    assert decode(data) is None


def test_long_line_is_cut():
    text = decode(b"x" * (LINE_LENGTH + 9))

    assert text is not None
    assert text.lines == ["x" * LINE_LENGTH + "…"]


def test_last_line_end_makes_no_line():
    text = decode(b"a\r\nb\r\n")

    assert text is not None
    assert (text.lines, text.line_end) == (["a", "b"], "CRLF")


def test_tokens_are_told_by_class():
    assert highlighted("def f(): pass", name="x.py")[0][0] == ["k", "def"]


def test_unknown_language_is_plain():
    assert highlighted("a\nb", name="x.unknown") == [[("", "a")], [("", "b")]]


def test_work_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr("layers.views.textwork.FIRST_SECONDS", 0.01)
    helper = Helper()

    assert helper.ask("highlight", "x" * 100_000, "x.py", "") is None
    assert helper.process is None


def test_helper_is_started_again():
    helper = Helper()
    helper.stop()

    assert helper.ask("compare", ["a"], ["a"], False, 0, 9) == [[], 0, 0, 0]
    helper.stop()


def test_bytes_are_shown_in_rows_of_sixteen():
    first, second = hexdump.rows(bytes(range(60, 80)), 4096)

    assert first.offset == "00001000"
    assert first.text == "<=>?@ABCDEFGHIJK"
    assert second.left == "4c 4d 4e 4f"


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (77_843_222, "77.8 MB"), (-5, "−5 B")]
)
def test_size_is_spelled_as_docker_does(size, shown):
    assert filesize(size) == shown


def test_growth_has_a_sign():
    assert [delta(size) for size in (0, 1500, -1500)] == ["±0 B", "+1.5 kB", "−1.5 kB"]


def test_limits_in_bytes_are_in_binary_units():
    assert limit(20 * 2**30, "upload_size") == "20 GiB"
    assert limit(1_000_000, "layer_entries") == "1,000,000"


@pytest.mark.parametrize("hostile", [3, "text", [1, None], {"a": 1}, [[]], True])
def test_settings_of_any_type_are_shown(hostile):
    names = ["Env", "Cmd", "Labels", "Volumes", "ExposedPorts", "Healthcheck", "User", "OnBuild", "Shell"]

    assert len(settings_of(dict.fromkeys(names, hostile))) == 12


def test_secret_is_known_by_its_name():
    assert Value("x", "DB_PASSWORD").is_secret
    assert not Value("x", "PATH").is_secret
