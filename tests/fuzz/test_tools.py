"""Sound tars hold for us what they hold for GNU tar and bsdtar: as many members, files of the same sizes."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.fuzz.seeds import GOLDEN, contents
from tests.fuzz.tools import BSD, GNU, MISSING, generated, listed, read

HOSTILE = Path(__file__).resolve().parents[1] / "hostile"
GENERATED = int(os.environ.get("TARS", "200"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {MISSING}"),
]


def held_against_both(tars: Iterable[tuple[str, bytes]]) -> tuple[int, list[str], list[str]]:
    """How many both programs agree on; of those what we read otherwise; and the rest, with the reason."""
    agreed, wrong, rest = 0, [], []
    for name, data in tars:
        gnu, bsd = listed(GNU, data), listed(BSD, data)
        if gnu is None or bsd is None:
            rest.append(f"{name}: {'GNU tar' if gnu is None else 'bsdtar'} refuses it, or warns")
        elif gnu != bsd:
            rest.append(f"{name}: GNU tar finds {gnu[0]} members, bsdtar {bsd[0]}")
        else:
            agreed += 1
            if (mine := read(data)) != gnu:
                wrong.append(f"{name}: both find {gnu}, we {mine}")
    print(f"{agreed} that both agree on, {len(wrong)} of them read otherwise; besides:", *rest, sep="\n  ")
    return agreed, wrong, rest


def layers_in(name: str, archive: bytes) -> Iterable[tuple[str, bytes]]:
    """An archive of images, and each plain layer in it: all are tars."""
    yield name, archive
    for number, data in enumerate(contents(archive)):
        if data[257:262] == b"ustar":
            yield f"{name} part {number}", data


def test_generated_tars():
    tars = ((f"number {number}", data) for number, data in enumerate(generated(GENERATED, 1)))

    agreed, wrong, _rest = held_against_both(tars)

    assert agreed > GENERATED * 0.9
    assert wrong == []


def test_recorded_archives_and_their_layers():
    paths = sorted(GOLDEN.glob("*/*.tar"))
    tars = (tar for path in paths for tar in layers_in(f"{path.parent.name}/{path.name}", path.read_bytes()))

    agreed, wrong, rest = held_against_both(tars)

    assert agreed > 200
    assert wrong == []
    assert len(rest) < 10


def test_odd_archives_that_are_to_be_taken(tmp_path):
    maker = [sys.executable, str(HOSTILE / "make_hostile.py"), str(tmp_path)]
    subprocess.run(maker, check=True, capture_output=True)
    with (HOSTILE / "expected.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file) if row["verdict"] == "accept"]
    tars = (tar for name in names for tar in layers_in(name, (tmp_path / name).read_bytes()))

    agreed, wrong, rest = held_against_both(tars)

    assert agreed > 200
    assert wrong == []
    assert len(rest) < 10
