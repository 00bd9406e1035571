"""What a block packs comes out again, whatever the names and however many layers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.pathindex.block import Block, Place, pack_places, pack_text
from layers.pathindex.merge import merged
from layers.pathindex.postings import PostingsWriter, bits_of, in_order, unpack_postings
from layers.pathindex.segment import SegmentWriter
from layers.pathindex.varints import pack, signed, unpack, unsigned

NAMES = st.binary(min_size=1, max_size=6).filter(lambda name: b"/" not in name and b"\0" not in name)
DIRECTORIES = st.lists(NAMES, max_size=3).map(b"/".join)
LAYERS = st.dictionaries(DIRECTORIES, st.sets(NAMES, min_size=1, max_size=8), max_size=6)


def numbered(layer: int, first: int, paths: dict[bytes, set[bytes]]):
    """A layer as its entries are numbered."""
    groups = []
    for directory, names in sorted(paths.items()):
        items = []
        for name in sorted(names):
            items.append((name, [Place(layer, first, name.endswith(b"!"))]))
            first += 1
        groups.append((directory, items))
    return groups


def packed(groups):
    """Groups written as blocks, and read again."""
    blocks = []
    writer = SegmentWriter(lambda row: blocks.append(Block(row.text, row.places)))
    for directory, items in groups:
        writer.add(directory, items)
    writer.finish()
    return writer, blocks


def flat(groups):
    return [(directory, name, list(places)) for directory, items in groups for name, places in items]


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=2**63)))
def test_numbers_are_unpacked(numbers):
    assert unpack(pack(numbers)) == numbers


@settings(deadline=None)
@given(st.integers(min_value=-(2**62), max_value=2**62))
def test_numbers_of_either_sign_are_unpacked(number):
    assert unsigned(signed(number)) == number


@settings(deadline=None)
@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_merged_layers_are_unpacked_from_their_blocks(layers):
    streams = [numbered(at, 1000 * at + 7, paths) for at, paths in enumerate(layers)]
    expected = {}
    for stream in streams:
        for directory, name, places in flat(stream):
            expected.setdefault((directory, name), []).extend(places)
    writer, blocks = packed((directory, items) for directory, items, _ in merged(streams))

    found = [row for block in blocks for row in flat(block.groups())]
    assert found == [(*path, places) for path, places in sorted(expected.items())]
    assert writer.path_count == len(expected)
    one_by_one = [list(block.places(at)) for block in blocks for at in range(len(block.paths))]
    assert one_by_one == [places for _, places in sorted(expected.items())]


@settings(deadline=None)
@given(st.lists(LAYERS, min_size=1, max_size=3))
def test_merging_says_where_each_path_went(layers):
    streams = [numbered(at, 1, paths) for at, paths in enumerate(layers)]
    went = [[] for _ in streams]
    for directory, items, parts in merged(streams):
        for number, offsets in parts:
            went[number] += [(directory, items[offset][0]) for offset in offsets]

    assert went == [[(directory, name) for directory, name, _ in flat(stream)] for stream in streams]


def test_a_large_directory_goes_on_in_the_next_block():
    stream = numbered(0, 5, {b"d": {b"%04d" % at for at in range(300)}})
    _, blocks = packed(stream)

    assert [len(block.paths) for block in blocks] == [128, 128, 44]
    assert blocks[2].places(43) == [Place(0, 304, False)]
    assert blocks[1].layers(0) == [(0, False)]


def test_entries_that_do_not_follow_each_other_are_refused():
    items = [(b"a", [Place(0, 1, False)]), (b"b", [Place(0, 3, False)])]
    with pytest.raises(ValueError, match="entry 3 does not follow 1"):
        pack_places([(b"", items)])


def test_text_is_looked_at_without_the_places():
    block = Block(pack_text([(b"etc", [(b"passwd", [])])]), b"")

    assert block.text == b"/etc/\0/passwd\0"


@settings(deadline=None)
@given(st.lists(st.sets(st.sampled_from([b"abc", b"bcd", b"xyz"])), max_size=400))
def test_postings_are_unpacked(blocks):
    writer = PostingsWriter()
    for found in blocks:
        writer.add(found)
    lists = {gram: list(in_order(unpack_postings(raw, len(blocks)))) for gram, raw in writer.packed()}

    assert lists == {
        gram: numbers
        for gram in (b"abc", b"bcd", b"xyz")
        if (numbers := [at for at, found in enumerate(blocks) if gram in found])
    }


def test_a_list_is_a_bitmap_where_that_is_smaller():
    writer = PostingsWriter()
    for at in range(1000):
        writer.add({b"all"} | ({b"few"} if at % 500 == 3 else set()))
    sizes = {gram: len(raw) for gram, raw in writer.packed()}

    assert sizes == {b"all": 126, b"few": 4}
    assert list(in_order(bits_of([3, 503], 1000))) == [3, 503]
