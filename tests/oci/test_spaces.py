"""Bytes summed up by directory, and what layers would weigh."""

from hypothesis import given

from layers.oci.changeset.globs import compile_glob
from layers.oci.changeset.paths import ancestors
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.writer import write_changeset, written_size
from layers.oci.unionfs.spaces import SpaceTree, Sums, total
from layers.oci.unionfs.whatif import squashed, without
from tests.oci.accounts import LIMITS, ledger_of
from tests.oci.test_ledger import BASE, file, folder, link
from tests.oci.test_ledger_properties import LAYERS, members, sane

SECOND = [file("d/a", b"new"), file("d/.wh.sub"), file("g", b"1")]


def tree_of(*layers) -> SpaceTree:
    return SpaceTree.of(ledger_of(layers)[0].items)


def test_a_directory_is_what_lies_at_and_below_it():
    tree = tree_of(BASE, SECOND)

    assert tree.total() == Sums(live=8, shadowed=2, deleted=3, files=5)
    assert tree.total(b"d") == Sums(live=3, shadowed=2, deleted=3, files=3)
    assert tree.total(b"d/sub") == Sums(deleted=3, files=1)
    assert tree.total(b"nowhere") == Sums()


def test_shares_come_largest_first_and_versions_of_a_path_as_one():
    tree = tree_of(BASE, SECOND)

    assert [(share.path, share.is_directory) for share in tree.shares(b"")] == [
        (b"d", True),
        (b"f", False),
        (b"g", False),
    ]
    (versions, _) = sorted(tree.shares(b"d"), key=lambda share: share.path)
    assert [(item.position, item.size) for item in versions.items] == [(0, 2), (1, 3)]


@given(LAYERS)
def test_every_directory_is_the_sum_of_what_is_in_it(wanted):
    ledger, _ = ledger_of([list(members(sane(layer))) for layer in wanted])
    tree = SpaceTree.of(ledger.items)

    assert tree.total() == total(ledger.items)
    for path in tree.sums:
        below = [item for item in ledger.items if path in (b"", *ancestors(item.path)) and item.path != path]
        assert tree.total(path) == total(below)
        parts = [share.sums for share in tree.shares(path)]
        assert tree.total(path) == Sums(*map(sum, zip(Sums(), *parts, strict=True)))


def test_squashing_drops_what_the_run_hides_and_keeps_what_later_layers_hide():
    ledger, sizes = ledger_of([BASE, SECOND, [file("f", b"zz")]])
    tars = [2048, 3072, 4096]

    rows = squashed(ledger, tars, 0, 1)
    assert [(row.first, row.last, row.content, row.is_new) for row in rows] == [
        (0, 1, 8, True),
        (2, 2, 2, False),
    ]
    assert rows[1].tar == 4096
    assert sum(row.content for row in squashed(ledger, tars, 0, 2)) == ledger.live
    assert [row.content for row in squashed(ledger, tars, 1, 1)] == sizes


def test_the_estimate_of_a_squashed_tar_is_what_our_writer_writes():
    layers = [
        [folder("d"), file("d/a", b"a" * 600), link("d/l", "d/a"), file("e", b"")],
        [folder("d"), file("d/b", b"b" * 100), link("s", "d/a", kind=link("x", "y").kind.SYMLINK)],
    ]
    ledger, _ = ledger_of(layers)
    merged = [folder("d"), *layers[0][1:], *layers[1][1:]]

    (row,) = squashed(ledger, [0, 0], 0, 1)
    assert row.tar == written_size(merged)


@given(LAYERS)
def test_squashing_all_layers_leaves_what_is_live(wanted):
    layers = [list(members(sane(layer))) for layer in wanted]
    if not layers:
        return
    ledger, _ = ledger_of(layers)
    (row,) = squashed(ledger, [0] * len(layers), 0, len(layers) - 1)

    assert row.content == ledger.live


def test_a_path_left_out_takes_its_bytes_from_every_layer():
    ledger, _ = ledger_of([BASE, SECOND])

    rows = without(ledger, [10_000, 10_000], compile_glob("/d/a").match)
    assert [(row.content, row.tar, row.is_new) for row in rows] == [
        (7, 10_000 - 1024, True),
        (1, 10_000 - 1024, True),
    ]
    assert [row.is_new for row in without(ledger, [1, 1], compile_glob("/g").match)] == [False, True]


def test_a_hard_link_group_is_left_out_with_its_last_name():
    ledger, _ = ledger_of([[file("one", b"12345"), link("two", "one")]])

    assert [row.content for row in without(ledger, [9999], compile_glob("/one").match)] == [5]
    assert [row.content for row in without(ledger, [9999], compile_glob("/*").match)] == [0]


def test_leaving_out_a_whole_file_shrinks_a_real_tar_by_as_much():
    tars = [
        b"".join(write_changeset(wanted, lambda member: [member.sha256 or b""]))
        for wanted in (BASE, [member for member in BASE if member.path != b"d/a"])
    ]
    ledger, _ = ledger_of([list(read_members([tars[0]], LIMITS))])

    (row,) = without(ledger, [len(tars[0])], compile_glob("/d/a").match)
    assert row.tar == len(tars[1])
