"""A short walk through damage, and everything that a long one ever found."""

from pathlib import Path

import pytest

from tests.fuzz.differential import BSDTAR, disagreement
from tests.fuzz.run import failure_of, fuzz, inputs
from tests.fuzz.targets import TARGETS

FOUND = sorted(path for path in (Path(__file__).parent / "found").iterdir() if path.name != "README.md")
RUNS = 300


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_damage_is_refused_with_a_sentence(target):
    report = fuzz(target, runs=RUNS, seed=7)

    assert report.runs == RUNS
    assert list(report.finds) == []


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_found_once_stays_mended(path):
    target = path.name.partition("-")[0]

    assert failure_of(TARGETS[target], path.read_bytes()) == ""


@pytest.mark.skipif(BSDTAR is None, reason="needs bsdtar: apt install libarchive-tools")
def test_bsdtar_finds_as_many_members():
    drawn = inputs("layer", 11)

    assert [found for _ in range(60) if (found := disagreement(next(drawn)))] == []


def test_a_fault_of_a_target_is_found():
    def broken(data: bytes) -> None:
        raise KeyError(data)

    assert failure_of(broken, b"x").startswith("KeyError")


def test_the_same_seed_gives_the_same_damage():
    first, second = inputs("layer", 3), inputs("layer", 3)

    assert [next(first) for _ in range(20)] == [next(second) for _ in range(20)]
