"""The URL of a pane says what it shows, byte for byte."""

import pytest

from layers.views.state import LayerState, path_of


@pytest.mark.parametrize(
    "state",
    [
        LayerState(3),
        LayerState(3, first=1),
        LayerState(2, view="tree", path=b"a b/+&#%/\xff\n\x1b"),
        LayerState(0, kinds="AD", text="x&y=ü", min_size=1000, sort="size", silent=True, offset=400),
        LayerState(1, kinds=""),
    ],
)
def test_state_survives_its_url(rf, state):
    assert LayerState.parse(rf.get("/" + state.query()), top=9) == state


@pytest.mark.parametrize(
    ("query", "layer"), [("", 5), ("?layer=99", 5), ("?layer=-1", 5), ("?layer=x", 5), ("?layer=²", 5)]
)
def test_layer_that_makes_no_sense_is_the_nearest(rf, query, layer):
    assert LayerState.parse(rf.get("/" + query), top=5).layer == layer


def test_backward_range_is_one_layer(rf):
    assert LayerState.parse(rf.get("/?from=4&to=2"), top=5) == LayerState(2)


def test_kind_is_toggled():
    assert LayerState(0, kinds="AC").toggled("C") == "A"
    assert LayerState(0, kinds="A").toggled("D") == "AD"


def test_path_keeps_bytes_that_are_no_text(rf):
    assert path_of(rf.get("/?q=1&path=%2Fetc%2F%FF%00+x/")) == b"etc/\xff\x00 x"
