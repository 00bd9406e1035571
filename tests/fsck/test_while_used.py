"""A check may run while the library is used: what is merely under way is not told."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT, program_environment

ROUNDS = 6


@pytest.mark.slow
def test_no_false_alarm_while_the_library_is_used(program, data_dir):
    words = [sys.executable, "-m", "tests.fsck.busy"]
    with subprocess.Popen(words, cwd=ROOT, env=program_environment(data_dir), stdout=subprocess.PIPE) as busy:
        try:
            assert busy.stdout.readline()
            for number in range(ROUNDS):
                done = program("fsck", *(["--deep"] if number % 2 else []))
                assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
                assert program("gc", "--grace", "0s").returncode == 0
                assert busy.poll() is None
        finally:
            busy.kill()
    assert program("gc", "--grace", "0s").returncode == 0
    assert program("fsck", "--deep").returncode == 0
