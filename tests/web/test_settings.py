"""Settings come from the environment, and wrong ones are named."""

import dataclasses
import json
import os
import re
import stat
import subprocess
import sys

import pytest
from django.conf import settings as live_settings
from django.core.checks import run_checks

from layers.checks import check_settings
from layers.oci import limits as oci_limits
from layers.oci.limits import MIB
from tests.conftest import ROOT
from tests.jobs.server import Server


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("DURABILITY", "often", "layers.E001"),
        ("PROFILE", "Shared", "layers.E004"),
        ("JOBS_AT_ONCE", -1, "layers.E002"),
        ("JOB_MEMORY_SIZE", 1, "layers.W001"),
    ],
)
def test_a_setting_that_means_nothing_is_named(settings, name, value, found):
    setattr(settings, name, value)

    assert [message.id for message in check_settings(None)] == [found]


def test_the_defaults_are_sound():
    assert run_checks() == []


def test_a_limit_is_read_from_the_environment(program):
    shown = program("diffsettings", env={"IMAGEBROWSER_LIMIT_LAYERS": "7"})

    assert b"layers=7," in shown.stdout


SHARED = {
    "ACCOUNTS": True,
    "DURABILITY": "strict",
    "JOBS_AT_ONCE": 2,
    "JOB_MEMORY_SIZE": 512 * MIB,
    "JOB_CPU_SECONDS": 600,
    "JOB_WALL_SECONDS": 900,
}
"""What is other than on a laptop."""


def test_the_shared_profile_is_one_setting(program):
    profile = {"IMAGEBROWSER_PROFILE": "shared", "IMAGEBROWSER_LIMIT_RATIO": "300"}
    code = f"""
from django.conf import settings
print(*({{name: getattr(settings, name) for name in {[*SHARED]}}}, settings.LIMITS), sep="|")
"""
    known, limits = program("shell", "-v0", "-c", code, env=profile).stdout.decode().strip().split("|")

    assert known == str(SHARED)
    assert limits == str(dataclasses.replace(oci_limits.SHARED, ratio=300))
    assert oci_limits.SHARED.upload_size < oci_limits.Limits().upload_size


def test_a_server_does_not_start_with_a_profile_that_means_nothing(program):
    refused = program("serve", "--port", "0", env={"IMAGEBROWSER_PROFILE": "Shared"})

    assert refused.returncode == 1
    assert (
        refused.stderr
        == b"CommandError: IMAGEBROWSER_PROFILE is 'Shared'; it must be one of laptop, shared.\n"
    )


def test_the_shared_profile_passes_the_deployment_check(program):
    profile = {
        "IMAGEBROWSER_PROFILE": "shared",
        "IMAGEBROWSER_HTTPS": "1",
        "IMAGEBROWSER_ALLOWED_HOSTS": "images.example",
    }

    checked = program("check", "--deploy", "--fail-level", "WARNING", env=profile)

    assert checked.returncode == 0, checked.stderr.decode()


def test_the_data_directory_and_its_key_are_for_their_owner_alone(program, tmp_path):
    fresh = tmp_path / "fresh"
    first = program("diffsettings", env={"IMAGEBROWSER_DATA": str(fresh)}).stdout
    second = program("diffsettings", env={"IMAGEBROWSER_DATA": str(fresh)}).stdout

    assert stat.S_IMODE(os.stat(fresh).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(fresh / "secret_key").st_mode) == 0o600
    assert len((fresh / "secret_key").read_text()) == 64
    assert first == second


@pytest.mark.django_db
def test_sqlite_keeps_readers_and_writers_apart(django_db_blocker):
    database = live_settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_a_data_directory_that_others_can_read_is_told(settings, data_dir):
    data_dir.chmod(0o755)

    (message,) = check_settings(None)

    assert message.id == "layers.W002"
    assert message.hint == f"chmod 700 {data_dir}"


def test_the_container_image_runs_as_nobody_in_particular_and_knows_its_health(tmp_path, program):
    """The ``Dockerfile``: what it must say, and its health check against the real server."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    words = {
        line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines if line.split(" ", 1)[0].isupper()
    }
    assert words["USER"] == "imagebrowser"
    assert words["VOLUME"] == "/data"
    assert any("pip install" in line and "--require-hashes -r requirements.txt" in line for line in lines)
    (command,) = re.findall(r"CMD (\[.*\])", words["HEALTHCHECK"])
    env = {"IMAGEBROWSER_HTTPS": "1", "IMAGEBROWSER_ALLOWED_HOSTS": "images.example"}
    server = Server(tmp_path / "data", env=env)
    try:
        _, option, code = json.loads(command)
        code = code.replace("127.0.0.1:8000", server.host)
        healthy = subprocess.run([sys.executable, option, code], env=os.environ | env, timeout=60)
        refused = server.request("GET", "/healthz")
    finally:
        server.stop()
    assert healthy.returncode == 0
    assert refused[0] == 400
