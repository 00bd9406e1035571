"""The treemap: every area as large as its bytes, inside its box, none upon another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.views.treemap import HEIGHT, TILES, TILES_INSIDE, WIDTH, Area, Box, folded, squarified, treemap

SIZES = st.lists(st.integers(1, 10**9), min_size=1, max_size=60).map(
    lambda sizes: sorted(sizes, reverse=True)
)


def area(size: int, inner=None, *, shadowed: int = 0, deleted: int = 0) -> Area:
    return Area("name", size - shadowed - deleted, shadowed, deleted, "?x", "title", inner)


@given(SIZES, st.floats(10, 2000), st.floats(10, 2000))
def test_boxes_are_in_proportion_inside_and_apart(sizes, width, height):
    box = Box(3, 4, width, height)
    boxes = squarified(sizes, box)

    scale = box.surface / sum(sizes)
    for size, found in zip(sizes, boxes, strict=True):
        assert found.surface == pytest.approx(size * scale, rel=1e-6)
        assert found.x >= 3 - 1e-6
        assert found.y >= 4 - 1e-6
        assert found.x + found.width <= 3 + width + 1e-6 * width
        assert found.y + found.height <= 4 + height + 1e-6 * height
    middles = [(found.x + found.width / 2, found.y + found.height / 2) for found in boxes]
    for x, y in middles:
        assert sum(b.x < x < b.x + b.width and b.y < y < b.y + b.height for b in boxes) <= 1


def test_boxes_are_squarish():
    # The example of the paper that describes the way.
    boxes = squarified([6, 6, 4, 3, 2, 2, 1], Box(0, 0, 6, 4))

    assert [round(max(b.width / b.height, b.height / b.width), 2) for b in boxes[:2]] == [1.5, 1.5]
    assert max(max(b.width / b.height, b.height / b.width) for b in boxes) < 3


def test_no_bytes_no_boxes():
    assert squarified([], Box(0, 0, 10, 10)) == []
    assert treemap([]) == []
    assert treemap([area(0)]) == []


def test_the_whole_surface_is_used():
    tiles = treemap([area(30), area(20), area(10)])

    assert sum(tile.box.surface for tile in tiles) == pytest.approx(WIDTH * HEIGHT)
    assert [tile.group for tile in tiles] == [0, 1, 2]


def test_directories_are_opened_and_what_is_in_them_lies_upon_them():
    tiles = treemap([area(100, lambda: [area(60), area(40)]), area(50)])

    assert [(tile.depth, tile.is_open, tile.group) for tile in tiles] == [
        (0, True, 0),
        (0, False, 1),
        (1, False, 0),
        (1, False, 0),
    ]
    outer = tiles[0].box
    for tile in tiles[2:]:
        assert outer.x < tile.box.x
        assert tile.box.x + tile.box.width < outer.x + outer.width
        assert outer.y < tile.box.y


def test_a_page_never_holds_too_many():
    def many() -> list[Area]:
        return [area(1000 - number, many) for number in range(500)]

    tiles = treemap(many())
    assert len(tiles) <= TILES
    assert sum(1 + len(tile.hatched) for tile in tiles) <= 1500


def test_small_ones_are_folded_into_one():
    found = folded([area(10_000), *[area(1)] * 500], 1000.0)

    assert [each.size for each in found] == [10_000, 500]
    assert (found[1].label, found[1].url) == ("…", "")
    assert len(folded([area(1)] * 500, WIDTH * HEIGHT)) == TILES_INSIDE + 1


def test_hidden_bytes_are_hatched_in_proportion_at_the_lower_end():
    (tile,) = treemap([area(100, shadowed=20, deleted=30)])

    assert [(kind, place.y, place.height) for kind, place in tile.hatched] == [
        ("deleted", "378.0", "162.0"),
        ("shadowed", "270.0", "108.0"),
    ]


def test_a_label_is_cut_to_its_tile():
    narrow = treemap([area(1000), area(1)])

    assert narrow[0].label == "name"
    assert narrow[1].label == ""
