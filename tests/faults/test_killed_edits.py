"""An editor that is killed leaves every step whole, or no trace of it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, program_environment
from tests.oci.tars import member, tar

EDITOR = Path(__file__).with_name("killed_editor.py")


def editor(data: Path, verb: str, **options) -> subprocess.Popen:
    environment = program_environment(data) | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, str(EDITOR), verb], env=environment, stdout=subprocess.PIPE, text=True, **options
    )


@pytest.mark.slow
def test_a_killed_editor_leaves_whole_steps(program, data_dir):
    assert program("load", "-", input=tar(member(b"etc/passwd", b"root\n"))).returncode == 0
    image = program("images", "-q").stdout.decode().strip()
    assert program("create", "--name", "web", image).returncode == 0
    for steps in range(1, 4):
        with editor(data_dir, "edit") as running:
            for _ in range(steps):
                assert running.stdout.readline()
            running.send_signal(signal.SIGKILL)
        with editor(data_dir, "check") as checking:
            found = json.loads(checking.stdout.read())

        assert checking.returncode == 0
        assert found["steps"] >= 2 * steps
        assert found["files"] > 20
