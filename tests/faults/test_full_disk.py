"""A file system that is really full, at twelve levels: what has no room is refused, the rest works."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT, program_environment
from tests.faults.walk import HERE

KIB, MIB = 2**10, 2**20
LEVELS = [
    0,
    *(4 * KIB, 32 * KIB, 96 * KIB, 256 * KIB, 512 * KIB),
    *(MIB, 2 * MIB, 3 * MIB, 4 * MIB, 6 * MIB, 9 * MIB),
]
"""Bytes that are left; an import of the test's archive needs about four MiB."""
ALWAYS = (
    *("view", "log in", "view after that", "log in after that"),
    *("gc", "cancel", "delete", "gc after that"),
)
"""What works however full it is."""
MOUNT = 'mount -t tmpfs -o size=64m tmpfs "$0" && exec "$@"'
CAN_MOUNT = shutil.which("unshare") is not None and not subprocess.call(
    ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], stderr=subprocess.DEVNULL
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CAN_MOUNT, reason="needs unshare and name spaces to mount a file system in"),
]


@pytest.fixture(scope="module")
def lived(tmp_path_factory) -> list[dict]:
    """What was said at each level, and how many bytes were left behind."""
    data = tmp_path_factory.mktemp("full") / "data"
    data.mkdir()
    words = [sys.executable, str(HERE / "filled.py"), str(data), *map(str, LEVELS)]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", MOUNT, str(data), *words],
        env=program_environment(data) | {"IMAGEBROWSER_RESERVE_SIZE": str(8 * MIB)},
        cwd=ROOT,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_whatever_has_no_room_is_refused_in_a_sentence(lived):
    said = [
        f"{level['free']} {step}: {text}" for level in lived for step, text in level["said"].items() if text
    ]

    assert len(lived) == len(LEVELS)
    assert [text for text in said if ": refused: " not in text] == []
    assert any("load: refused" in text for text in said), "the disk was never full"
    assert not any(text.startswith(f"{LEVELS[-1]} load") for text in said), "there was never room"


def test_one_can_look_and_make_room_however_full_it_is(lived):
    assert [
        (level["free"], step, level["said"][step])
        for level in lived
        for step in ALWAYS
        if level["said"][step]
    ] == []


def test_nothing_is_left_and_the_same_again_succeeds(lived):
    assert [level for level in lived if level["left"] > MIB] == []
    again = {
        step: text for level in lived for step, text in level["said"].items() if "again" in step and text
    }
    assert again == {}
    assert [level["said"]["fsck"] for level in lived] == [""] * len(LEVELS)
