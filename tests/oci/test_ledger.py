"""Where the bytes of layers went: which layer brought them, and which hid them, and how."""

from zlib import crc32

import pytest

from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.writer import write_changeset, written_size
from layers.oci.unionfs.diff import Reason
from layers.oci.unionfs.ledger import VISIBLE, How
from tests.oci.accounts import ledger_of


def file(path: str, content: bytes = b"", offset: int = 0, **fields) -> Member:
    values = {"mode": 0o644, "uid": 0, "gid": 0, "mtime": 1, "extra": None} | fields
    place = offset or 512 * (1 + crc32(path.encode()))
    owner = values["mode"], values["uid"], values["gid"]
    return Member(
        path.encode(), Kind.FILE, *owner, len(content), values["mtime"], place, content, None, values["extra"]
    )


def folder(path: str) -> Member:
    return Member(path.encode(), Kind.DIRECTORY, 0o755, 0, 0, 0, 1, 0, None, None, None)


def link(path: str, target: str, kind: Kind = Kind.HARDLINK) -> Member:
    return Member(path.encode(), kind, 0o777, 0, 0, 0, 1, 99 + len(path), None, target.encode(), None)


BASE = [folder("d"), file("d/a", b"aa"), folder("d/sub"), file("d/sub/x", b"xxx"), file("f", b"ffff")]


def rows(*layers: list[Member]) -> list[tuple[str, int, int, int, str]]:
    """Each item: path, size, the layer that brought it, the one that hid it, and how."""
    ledger, sizes = ledger_of(layers)
    assert [layer.content_size for layer in ledger.layers] == sizes
    return [
        (item.path.decode(), item.size, item.position, item.hidden_by, item.how.name.lower())
        for item in ledger.items
    ]


def hidden(*layers: list[Member]) -> list[tuple[str, int, int, int, str]]:
    return [row for row in rows(*layers) if row[3] != VISIBLE]


def test_all_of_one_layer_is_live():
    assert rows(BASE) == [
        ("f", 4, 0, VISIBLE, "live"),
        ("d/a", 2, 0, VISIBLE, "live"),
        ("d/sub/x", 3, 0, VISIBLE, "live"),
    ]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ([file("f", b"new")], [("f", 4, 0, 1, "overwritten")]),
        ([file("f", b"ffff", mode=0o600)], [("f", 4, 0, 1, "identical")]),
        ([link("f", "d/a", Kind.SYMLINK)], [("f", 4, 0, 1, "retyped")]),
        ([folder("f")], [("f", 4, 0, 1, "retyped")]),
        ([file(".wh.f")], [("f", 4, 0, 1, "whiteout")]),
        ([file("d/.wh.sub")], [("d/sub/x", 3, 0, 1, "directory")]),
        ([file(".wh.d")], [("d/a", 2, 0, 1, "directory"), ("d/sub/x", 3, 0, 1, "directory")]),
        (
            [folder("d"), file("d/.wh..wh..opq"), file("d/a", b"new")],
            [("d/a", 2, 0, 1, "overwritten"), ("d/sub/x", 3, 0, 1, "opaque")],
        ),
        ([file("d", b"now a file")], [("d/a", 2, 0, 1, "replaced"), ("d/sub/x", 3, 0, 1, "replaced")]),
        ([folder("d"), file(".wh.d")], [("d/a", 2, 0, 1, "opaque"), ("d/sub/x", 3, 0, 1, "opaque")]),
        ([file("d/.wh.a"), file("d/a", b"back")], [("d/a", 2, 0, 1, "overwritten")]),
        ([folder("d"), folder("d/sub")], []),
    ],
)
def test_a_later_layer_hides_what_it_overwrites_and_deletes(layer, expected):
    assert hidden(BASE, layer) == expected


def test_the_first_layer_that_hides_is_named_even_if_others_follow():
    assert hidden(BASE, [file("f", b"1")], [file(".wh.f")], [file("f", b"22")]) == [
        ("f", 4, 0, 1, "overwritten"),
        ("f", 1, 1, 2, "whiteout"),
    ]


def test_a_directory_that_is_deleted_and_comes_back_twice():
    again = [folder("d"), file("d/a", b"a2")]

    assert hidden(BASE, [file(".wh.d")], again, [file(".wh.d")], again) == [
        ("d/a", 2, 0, 1, "directory"),
        ("d/a", 2, 2, 3, "directory"),
        ("d/sub/x", 3, 0, 1, "directory"),
    ]


def test_the_topmost_path_that_ended_is_named():
    ledger, _ = ledger_of([BASE, [file(".wh.d")]])

    assert {item.path: item.end for item in ledger.items} == {b"f": b"f", b"d/a": b"d", b"d/sub/x": b"d"}


def test_below_an_opaque_directory_what_comes_back_names_the_topmost_too():
    ledger, _ = ledger_of(
        [BASE, [folder("d"), file("d/.wh..wh..opq"), folder("d/sub"), file("d/sub/y", b"y")]]
    )

    assert {item.path: item.end for item in ledger.items if not item.is_live} == {
        b"d/a": b"d",
        b"d/sub/x": b"d",
    }


def test_an_identical_rewrite_tells_what_it_changed():
    ledger, _ = ledger_of([BASE, [file("f", b"ffff", uid=7, mtime=1)]])

    (item,) = [item for item in ledger.items if not item.is_live]
    assert (item.how, item.reasons) == (How.IDENTICAL, Reason.OWNER)
    assert ledger.identical == ledger.shadowed == ledger.wasted == 4


def test_a_hard_link_group_counts_once_and_under_a_name_that_is_left():
    group = [file("one", b"12345"), link("two", "one"), link("three", "one")]

    assert rows(group) == [("one", 5, 0, VISIBLE, "live")]
    assert rows(group, [file(".wh.one")]) == [("three", 5, 0, VISIBLE, "live")]


def test_a_hard_link_group_is_hidden_by_the_layer_that_hid_its_last_name():
    group = [file("one", b"12345"), link("two", "one")]
    ledger, _ = ledger_of([group, [file(".wh.one")], [file("two", b"x")]])

    assert hidden(group, [file(".wh.one")], [file("two", b"x")]) == [("two", 5, 0, 2, "overwritten")]
    assert {item.position: ledger.other_names.get(item) for item in ledger.items} == {0: (b"one",), 2: None}


def test_a_group_whose_first_name_is_overwritten_in_its_own_tar_still_counts():
    layer = [file("one", b"12345", 512), link("two", "one"), file("one", b"abc", 2048)]

    assert rows(layer) == [("one", 3, 0, VISIBLE, "live"), ("two", 5, 0, VISIBLE, "live")]


def test_links_to_symlinks_count_once_as_well():
    layer = [link("soft", "target", Kind.SYMLINK), link("hard", "soft")]

    assert rows(layer) == [("soft", 6, 0, VISIBLE, "live")]


def test_the_same_content_at_two_paths_is_a_duplicate_once_per_group():
    ledger, _ = ledger_of([[file("a", b"same"), file("b", b"same"), link("c", "b"), file("e", b"other")]])

    (group,) = ledger.duplicates
    assert ([item.path for item in group.items], group.extra_size) == ([b"a", b"b"], 4)


def test_hidden_copies_are_no_duplicates():
    ledger, _ = ledger_of([[file("a", b"same"), file("b", b"same")], [file(".wh.b")]])

    assert ledger.duplicates == ()


def test_holes_and_targets_of_symlinks_are_content_that_a_tar_does_not_hold_as_such():
    sparse = file("s", b"x" * 100, extra=Extra(sparse=((0, 10), (90, 10))))
    ledger, _ = ledger_of([[sparse, link("l", "target", Kind.SYMLINK)]])

    (layer,) = ledger.layers
    assert (layer.content_size, layer.link_size, layer.hole_size) == (106, 6, 80)
    assert layer.overhead(2048 + 20) == 2048


def test_frames_are_what_our_writer_puts_around_the_entries():
    odd = "d/" + "n" * 120
    layer = [
        folder("d"),
        file(odd, b"1" * 700, extra=Extra(xattrs=((b"user.x", b"y"),))),
        file("d/é", b"2"),
        file("plain", b"3" * 512, mtime=5),
        link("soft", "t" * 130, Kind.SYMLINK),
        link("hard", "plain"),
    ]
    ledger, sizes = ledger_of([layer])

    tar = b"".join(write_changeset(layer, lambda member: [member.sha256 or b""]))
    assert len(tar) == written_size(layer)
    assert ledger.frames == {(0, VISIBLE): len(tar) - (sizes[0] - 130) - 1024}


def test_no_layers_waste_nothing():
    ledger, _ = ledger_of([])

    assert (ledger.content_size, ledger.efficiency, ledger.user_wasted) == (0, 1.0, 0.0)


def test_efficiency_is_what_is_seen_of_what_is_shipped():
    ledger, _ = ledger_of([BASE, [file("f", b"1")]])

    assert (ledger.live, ledger.wasted, ledger.efficiency) == (6, 4, 0.6)
    assert ledger.user_wasted == 4.0
