"""Some points of ``script/faults``: whatever goes wrong, the library is sound, and a retry succeeds."""

import shutil

import pytest

from tests.faults.walk import ACTION_NAMES, Point, Walk, drawn

POINTS = 7
"""Of each of nine actions: more than sixty."""
SEED = 4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@pytest.mark.parametrize("action", ACTION_NAMES)
def test_an_action_that_is_cut_short_anywhere_leaves_a_sound_library(action, tmp_path):
    walk = Walk(tmp_path)
    points = drawn(walk.points(action), POINTS, SEED)

    verdicts, wrong = walk.walk(action, points)

    assert len(verdicts) == POINTS
    assert wrong == []
    assert any(verdict.code for verdict in verdicts), "nothing went wrong, so nothing is shown"


def test_a_point_that_leaves_a_mess_is_noticed(tmp_path):
    walk = Walk(tmp_path)
    directory, verdict = walk.go(Point("tag", "KILL", "write", 10**6))
    next(path for path in (directory / "blobs").rglob("*") if path.is_file()).unlink()
    (verdict.found,) = walk.judge("tag", [directory])

    assert verdict.faults(*walk.undisturbed("tag"))
