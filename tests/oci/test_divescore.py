"""dive's reckoning, case by case; what it prints of real archives is in tests/queries/test_dive.py."""

from math import inf

import pytest

from layers.oci.unionfs.divescore import Header, dive_score


def file(path: str, size: int) -> Header:
    return Header(path.encode(), size, False)


def folder(path: str) -> Header:
    return Header(path.encode(), 0, True)


BASE = [folder("d"), file("d/a", 30), file("d/b", 10), file("f", 60)]


@pytest.mark.parametrize(
    ("layer", "efficiency", "wasted", "files"),
    [
        ([], 1.0, 0, []),
        ([file("new", 100)], 1.0, 0, []),
        # The copy that stays is waste, too.
        ([file("f", 50)], 0.6, 110, [(b"f", 2, 110)]),
        ([file(".wh.f", 0)], 0.4, 60, [(b"f", 2, 60)]),
        # A directory that is deleted counts as one more file of its size.
        ([file(".wh.d", 0)], 1.0, 0, []),
        # To dive an opaque mark is nothing at all.
        ([folder("d"), file("d/.wh..wh..opq", 0)], 1.0, 0, []),
        # A whiteout for what is not there: the path counts -1, and the layer is not looked at further.
        ([file(".wh.none", 0), file("f", 60)], 0.99, 0, []),
    ],
)
def test_a_second_layer(layer, efficiency, wasted, files):
    score = dive_score([BASE, layer])

    assert score.efficiency == pytest.approx(efficiency)
    assert (score.wasted, [tuple(file) for file in score.files]) == (wasted, files)


def test_a_directory_whose_header_is_not_there_is_a_file_to_dive():
    layers = [[file("d/a", 30)], [file(".wh.d", 0)]]

    assert dive_score(layers).efficiency == 1.0
    assert dive_score([[folder("d"), *layers[0]], layers[1]]).size == 30


def test_wasted_bytes_are_measured_by_what_is_above_the_lowest_layer():
    assert dive_score([BASE, [file("f", 100)]]).user_wasted == 1.6
    assert dive_score([BASE]).user_wasted == 0.0
    assert dive_score([BASE, [file(".wh.f", 0)]]).user_wasted == inf
