"""The same code on a real PostgreSQL: what real engines said holds there too."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, program_environment

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
OWNER = "postgres"
TIMEOUT = 600
SUITE = [
    "tests/oracle/test_images.py",
    "tests/oracle/test_handmade.py",
    "tests/oracle/test_compared_files.py",
    "tests/oracle/test_lives.py",
    "tests/oracle/test_links.py",
    "tests/queries",
    "tests/commands",
]


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory) -> Iterator[str]:
    """A database that may be filled: the one that ``POSTGRES_TEST_URL`` names, else one of our own."""
    if "POSTGRES_TEST_URL" in os.environ:
        yield os.environ["POSTGRES_TEST_URL"]
        return
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed; POSTGRES_TEST_URL names none")
    if os.geteuid() == 0 and (not shutil.which("runuser") or not has_account(OWNER)):
        pytest.skip("PostgreSQL does not run as root, and there is no account for it")
    folder = Path("/tmp") if os.geteuid() == 0 else tmp_path_factory.getbasetemp()
    cluster = folder / f"imagebrowser-postgres-{os.getpid()}"
    cluster.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(cluster, OWNER)
    port = free_port()
    try:
        control("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D", str(cluster))
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
        control("pg_ctl", "-D", str(cluster), "-w", "-l", str(cluster / "log"), "-o", options, "start")
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        control("pg_ctl", "-D", str(cluster), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(cluster, ignore_errors=True)


def has_account(name: str) -> bool:
    return any(account.pw_name == name for account in pwd.getpwall())


def control(program: str, *words: str) -> None:
    """Run one of PostgreSQL's programs, as the account that may."""
    command = [str(BINARIES[-1] / program), *words]
    if os.geteuid() == 0:
        command = ["runuser", "-u", OWNER, "--", *command]
    subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=TIMEOUT)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.engine
def test_the_library_is_the_same_on_postgresql(postgres_url, tmp_path):
    environment = {
        name: value
        for name, value in program_environment(tmp_path / "data").items()
        if not name.startswith("PYTEST_")
    }
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *SUITE],
        cwd=ROOT,
        env=environment | {"DATABASE_URL": postgres_url},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert found.returncode == 0, found.stdout[-5000:] + found.stderr[-2000:]
    assert " passed" in found.stdout
