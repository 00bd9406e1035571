"""A commit that is killed has happened or has not; whoever comes next finds nothing half."""

import json
import signal
import subprocess
import sys

import pytest

from tests.conftest import ROOT, program_environment
from tests.oracle.golden import GOLDEN
from tests.soundness import check_sound_in

KILLED_AT = """
import os, signal, sys
import django
django.setup()
from {module} import {owner}
real = {owner}.{name}
def killed(*args, **options):
    {before}
    os.kill(os.getpid(), signal.SIGKILL)
{owner}.{name} = killed
from django.core.management import call_command
call_command("commit", "webserver", "killed:v1", "--move")
"""
FIRST = {"before": ""}
AFTER = {"before": "real(*args, **options)"}
POINTS = {
    "the layer is written": ("layers.operations.stage_images", "Stager", "stage_above", FIRST),
    "the rows are written": ("layers.operations.stage_images", "Stager", "stage_above", AFTER),
    "the first blob is in the store": ("layers.storage", "Staging", "publish", AFTER),
    "the transaction is under way": ("layers.operations.commit_import", "Shelf", "names", AFTER),
    "the image is shown": ("layers.storage", "Staging", "close", FIRST),
}


@pytest.mark.parametrize("point", POINTS)
def test_commit_is_whole_or_nothing(point, program, data_dir):
    program("load", str(GOLDEN / "01-webserver" / "image.tar")).check_returncode()
    program("create", "--name", "webserver", "nginx").check_returncode()
    (data_dir / "page").write_bytes(b"x" * 100_000)
    program("cp", str(data_dir / "page"), "webserver:/page").check_returncode()
    before = images(program)
    blobs = stored(data_dir)

    module, owner, name, when = POINTS[point]
    code = KILLED_AT.format(module=module, owner=owner, name=name, **when)
    killed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=program_environment(data_dir) | {"DJANGO_SETTINGS_MODULE": "imagebrowser.settings"},
        capture_output=True,
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    is_shown = point == "the image is shown"
    assert (images(program) != before) == is_shown
    assert bool(program("diff", "webserver").stdout) != is_shown
    program("load", str(GOLDEN / "01-webserver" / "image.tar")).check_returncode()  # cleans up
    assert (stored(data_dir) == blobs) != is_shown
    done = program("commit", "webserver", "killed:v1")
    assert done.returncode == 0, done.stderr
    assert program("cat", "killed:v1", "/page").stdout == b"x" * 100_000
    check_sound_in(data_dir)


def images(program):
    return [json.loads(line)["ID"] for line in program("images", "--format", "json").stdout.splitlines()]


def stored(data_dir):
    return {path.name for path in (data_dir / "blobs").rglob("*") if path.is_file()}
