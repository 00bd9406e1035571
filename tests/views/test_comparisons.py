"""Two contents side by side: every difference is told, nothing else is, and never for long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.write_file import write_file
from layers.views import hexdiff
from layers.views.comparisons import Asked, Side, compare
from layers.views.hexdiff import differing
from layers.views.linediff import best_pairs, difference
from layers.views.linematch import changes
from layers.views.readers import BytesReader
from layers.views.texts import lines_of
from layers.views.wordmarks import marked

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "dd\n", "\n", "e"]), max_size=30)


def plain(segments) -> str:
    return "".join(text for css, text in segments or () if css in ("", "mark"))


# --- lines ------------------------------------------------------------------------------


@given(LINES, LINES)
def test_what_is_not_told_as_changed_is_the_same(before, after):
    left = right = 0
    for a1, a2, b1, b2 in [
        *changes(before, after),
        (len(before), len(before), len(after), len(after)),
    ]:
        assert before[left:a1] == after[right:b1]
        left, right = a2, b2


@given(LINES, LINES)
def test_both_texts_can_be_read_off_the_rows(before, after):
    rows = difference(before, after, whole=True).rows
    texts = [
        [plain(row.left) for row in rows if row.left is not None],
        [plain(row.right) for row in rows if row.right is not None],
    ]
    numbers = [row.left_number for row in rows if row.left is not None]

    assert texts == ([[line.rstrip("\n") for line in text] for text in (before, after)] if rows else [[], []])
    assert rows or before == after
    assert numbers == sorted(numbers)


def test_unchanged_lines_are_folded_but_for_three_on_each_side():
    before = [f"{n}\n" for n in range(30)]
    after = [*before[:15], "new\n", *before[15:]]
    kinds = [(row.kind, row.count) for row in difference(before, after).rows]

    assert kinds == [("fold", 12), *[("same", 0)] * 3, ("change", 0), *[("same", 0)] * 3, ("fold", 12)]


def test_a_page_is_part_of_all_rows():
    before, after = [f"a{n}\n" for n in range(50)], [f"b{n}\n" for n in range(50)]
    page = difference(before, after, start=40, limit=20)

    assert (len(page.rows), page.total, page.deleted, page.added) == (10, 50, 50, 50)
    assert page.rows[0].left_number == 41


def test_like_lines_stand_on_one_row():
    before = ["listen = 80\n", "user nginx worker one\n"]
    after = ["something else entirely\n", "listen = 8080\n", "user nginx worker two\n"]

    assert best_pairs(before, after) == [(0, 1), (1, 2)]


def test_words_are_marked_within_a_pair():
    assert marked("listen 80;\n", "listen 8080;\n") == (
        [("", "listen "), ("mark", "80"), ("", ";")],
        [("", "listen "), ("mark", "8080"), ("", ";")],
    )


def test_a_difference_of_line_ends_is_to_be_seen():
    assert marked("a\n", "a\r\n") == ([("", "a"), ("end", "␊")], [("", "a"), ("end", "␍␊")])
    assert marked("a\n", "a")[1] == [("", "a"), ("none", "")]


def test_a_long_line_shows_the_place_that_differs():
    left, right = marked("x" * 9000 + "old" + "y" * 9000, "x" * 9000 + "new!" + "y" * 9000)

    assert [css for css, _ in left] == ["", "mark", ""]
    assert (left[1][1], right[1][1]) == ("old", "new!")
    assert max(len(text) for _, text in left + right) < 100


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["x\n"] * 200_000, ["y\n"] * 200_000),
        (["ab"[n % 2] + "\n" for n in range(200_000)], ["ba"[n % 3 % 2] + "\n" for n in range(200_000)]),
        ([f"{n}\n" for n in range(80_000)], [f"{n}\n" for n in range(80_000, 0, -1)]),
    ],
    ids=["nothing in common", "two lines again and again", "backwards"],
)
def test_texts_made_to_take_for_ever_are_compared(before, after):
    found = difference(before, after)

    assert found.deleted
    assert len(found.rows) == 1000


def test_lines_keep_their_ends():
    assert lines_of("a\r\nb\rc\n\nd") == ["a\r\n", "b\r", "c\n", "\n", "d"]


# --- bytes ------------------------------------------------------------------------------


def bytes_of(side) -> bytes:
    halves = ["".join(text for _, text in half) for half in (side.left, side.right)]
    return bytes.fromhex("".join(halves))


@given(st.binary(max_size=100), st.binary(max_size=100), st.integers(0, 5000))
def test_every_row_that_differs_is_told_and_no_other(left, right, filling):
    before, after = left + bytes(filling) + right, right + bytes(filling) + left
    found = differing(BytesReader(before), BytesReader(after))
    left_out = found.moved
    assert not left_out or before[-left_out:] == after[-left_out:]
    before, after = before[: len(before) - left_out], after[: len(after) - left_out]
    rows = {int(pair.offset, 16): pair for pair in found.rows if pair.before or pair.after}
    expected = {
        n for n in range(0, max(len(before), len(after)), 16) if before[n : n + 16] != after[n : n + 16]
    }

    assert rows.keys() == expected or found.next_offset is not None
    for n, pair in rows.items():
        assert (bytes_of(pair.before) if pair.before else b"") == before[n : n + 16]
        assert (bytes_of(pair.after) if pair.after else b"") == after[n : n + 16]


def test_equal_stretches_are_skipped_and_counted():
    before = bytes(300_000)
    after = bytearray(before)
    after[65_536] = 1
    found = differing(BytesReader(before), BytesReader(bytes(after)))

    assert found.first == 65_536
    assert [(pair.offset, pair.skipped) for pair in found.rows] == [
        ("00000000", 65_520),
        ("0000fff0", 0),
        ("00010000", 0),
        ("00010010", 0),
        ("00010020", 300_000 - 65_568),
    ]


def test_an_end_that_only_moved_is_not_told_as_different():
    before = bytes(range(200)) * 50
    found = differing(BytesReader(before), BytesReader(before[:500] + b"put in" + before[500:]))
    told = [pair for pair in found.rows if pair.before or pair.after]

    assert (found.first, found.moved, found.moved_by) == (500, 9500, 6)
    assert len(told) == 1
    assert bytes_of(told[0].after)[4:] == b"put in"


def test_pages_of_bytes_follow_one_another():
    before, after = BytesReader(bytes(70_000)), BytesReader(b"\1" * 70_000)
    at, rows = 0, 0
    while at is not None:
        page = differing(before, after, at)
        rows, at = rows + sum(pair.before is not None for pair in page.rows), page.next_offset

    assert rows == 70_000 // 16


def test_only_so_much_is_looked_through_for_a_page(monkeypatch):
    monkeypatch.setattr(hexdiff, "SCAN_SIZE", 2 * hexdiff.BLOCK)
    before = BytesReader(bytes(5 * hexdiff.BLOCK))
    found = differing(before, BytesReader(bytes(4 * hexdiff.BLOCK) + b"\1" * hexdiff.BLOCK))

    assert (found.first, found.next_offset) == (None, 2 * hexdiff.BLOCK)


# --- any two ----------------------------------------------------------------------------


def side(data: bytes | None, **more) -> Side:
    return Side("side", None if data is None else BytesReader(data), **more)


@pytest.mark.parametrize(
    ("before", "after", "modes"),
    [
        (b"a\n", b"b\n", ["text", "hex"]),
        (None, b"b\n", ["text", "hex"]),
        (b"a\n", b"\x7fELF\0", ["hex"]),
        (b"a\n", b"GIF89a" + bytes([4, 0, 3, 0, 0, 0, 0]), ["image", "hex"]),
        (b"a\n" * 2**20, b"b\n", ["hex"]),
    ],
)
def test_forms_are_offered_that_both_sides_have(before, after, modes):
    found = compare(side(before), side(after), "?", Asked())

    assert found.modes == modes
    assert found.mode == modes[0]


def test_a_form_is_chosen_where_it_is_offered():
    both = side(b"a\n"), side(b"b\n")

    assert compare(*both, "?", Asked("hex")).hex is not None
    assert compare(*both, "?", Asked("image")).mode == "text"


def test_equal_digests_are_not_read():
    known = Side("side", None, sha256=b"\1" * 32)

    assert compare(known, known, "?", Asked()).is_same


def test_line_ends_that_all_differ_are_told_once():
    text = compare(side(b"a\nb\n"), side(b"a\r\nB\r\n"), "?", Asked()).text

    assert text is not None
    assert text.line_ends == ("LF", "CRLF")
    assert [row.kind for row in text.difference.rows] == ["same", "change"]


def test_encodings_are_told_where_they_differ():
    text = compare(side("é\n".encode()), side(b"\xff\xfe" + "é\n".encode("utf-16-le")), "?", Asked()).text

    assert text is not None
    assert text.encodings == ("UTF-8", "UTF-16 LE (BOM)")
    assert text.difference.rows == []


def test_pictures_are_drawn_to_one_scale():
    small, large = (b"GIF89a" + bytes([w, 0, h, 0, 0, 0, 0]) for w, h in ((4, 30), (40, 3)))
    found = compare(side(small), side(large), "?", Asked())

    assert found.canvas == (40, 30)
    assert not found.sized_alike


# --- on the page of a file --------------------------------------------------------------


@pytest.fixture
def versions(nginx):
    """Gives a file two contents in two layers; the page of their comparison."""

    def make(before: bytes, after: bytes) -> str:
        image = nginx
        for number, data in enumerate((before, after)):
            container = create_container(image=image, name=f"c{number}")
            write_file(container=container, path=b"etc/x", data=data)
            image = commit_container(container=container)
        return f"/images/{image.image_id.partition(':')[2]}/file/?path=etc/x&as=diff"

    return make


def test_page_shows_both_sides(client, url):
    html = client.get(url + "file/?path=usr/share/nginx/html/index.html&as=diff").content.decode()

    old, new = (re.findall(rf"<{tag}><code>(.*?)</code>", html) for tag in ("del", "ins"))

    assert "&lt;!DOCTYPE html&gt;" in old
    assert [re.sub("<.*?>", "", line) for line in new] == ["&lt;h1&gt;Hello, Docker!&lt;/h1&gt;"]


def test_hostile_text_stays_text(client, versions):
    page = client.get(versions(b"<script>alert(1)</script> \x1b[31m\n", b"<b>\xe2\x80\xae</b>\n"))
    html = page.content.decode()

    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert "⟨U+202E⟩" in html


def test_bytes_are_compared_page_by_page(client, versions):
    address = versions(b"\0" * 5000, b"\0" + b"\1" * 4999)
    first = client.get(address).content.decode()
    link = re.search(r'href="([^"]*offset=\d+)"', first)

    assert link
    assert "They differ first at byte 1." in first
    assert (
        "From here on"
        in client.get(address.partition("?")[0] + link[1].replace("&amp;", "&")).content.decode()
    )


@pytest.mark.parametrize(
    "query", ["&form=nonsense", "&offset=-1", "&offset=99999999999", "&form=hex&offset=1e9"]
)
def test_nonsense_is_as_if_it_were_not_there(client, url, query):
    page = client.get(url + "file/?path=usr/share/nginx/html/index.html&as=diff" + query)

    assert page.status_code == 200
