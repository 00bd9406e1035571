"""An import killed at any moment leaves the whole image or none of it, and can simply be repeated."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, program_environment

GOLDEN = ROOT / "tests" / "golden" / "01-webserver" / "image.tar"
DELAYS = [0.3 + 0.06 * step for step in range(12)]
"""Seconds after the start: from before the first row to after the last."""


def counts(program) -> list[bytes]:
    """What the library shows, and what lies in the data directory."""
    return sorted(program("images", "--format", "json").stdout.splitlines())


def leftovers(data: Path) -> list[str]:
    """Stagings that are still there."""
    stagings = data / "tmp" / "staging"
    return [path.name for path in stagings.glob("*-*")] if stagings.exists() else []


@pytest.mark.parametrize("delay", DELAYS)
def test_a_killed_import_shows_all_or_nothing_and_can_be_repeated(program, data_dir, delay):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "load", "--quiet", str(GOLDEN)],
        cwd=ROOT,
        env=program_environment(data_dir),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(counts(program)) in (0, 2)

    again = program("load", "--quiet", str(GOLDEN))

    assert again.returncode == 0, again.stderr
    assert len(counts(program)) == 2
    assert leftovers(data_dir) == []


def test_two_imports_at_once_both_succeed_and_store_one_copy(program, data_dir):
    processes = [
        subprocess.Popen(
            [sys.executable, "manage.py", "load", "--quiet", str(GOLDEN)],
            cwd=ROOT,
            env=program_environment(data_dir),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert b"nginx:v2" in output

    assert len(counts(program)) == 2
    assert leftovers(data_dir) == []
    stored = [path.name for path in (data_dir / "blobs").rglob("*") if path.is_file()]
    assert len(stored) == len(set(stored)) == 7  # two configs, five layers
