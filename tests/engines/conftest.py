"""Real engines: the docker that ``DOCKER_HOST`` names, else one of our own; and tools that read archives."""

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import pytest
from django.core.management import call_command

from layers.oci.archive.write import SavedImage, write_docker_archive
from layers.operations.demo_images import demo_images
from layers.operations.demo_shop import shop_image
from tests.engines.saved import program, run

SECONDS_TO_START = 60
TIMEOUT = 120
Run = Callable[..., str]


def tool(name: str) -> str:
    """The tool's path: the distribution's, where there are several. Skips the test where there is none."""
    found = shutil.which(name, path="/usr/bin:/usr/sbin") or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def output(*command: str, env: dict[str, str] | None = None) -> str:
    found = subprocess.run(command, env=env, capture_output=True, text=True, timeout=TIMEOUT)
    assert found.returncode == 0, found.stderr[-2000:]
    return found.stdout


@pytest.fixture(scope="session")
def docker_host(tmp_path_factory) -> Iterator[str]:
    """The address of a docker that may be filled and emptied."""
    tool("docker")
    if "DOCKER_HOST" in os.environ:
        yield os.environ["DOCKER_HOST"]
        return
    if os.geteuid() != 0:
        pytest.skip("only root can start dockerd; DOCKER_HOST names none")
    folder = tmp_path_factory.mktemp("docker")
    host = f"unix://{folder}/docker.sock"
    places = ("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid")
    network = ("--iptables=false", "--ip6tables=false", "--bridge=none")
    with (folder / "log").open("w") as log:
        daemon = subprocess.Popen([tool("dockerd"), "-H", host, *places, *network], stdout=log, stderr=log)
        try:
            await_docker(daemon, host)
            yield host
        finally:
            daemon.terminate()
            daemon.wait(SECONDS_TO_START)


def await_docker(daemon: subprocess.Popen[bytes], host: str) -> None:
    """Wait until the daemon answers. Skips the test where it cannot run."""
    for _ in range(SECONDS_TO_START * 5):
        if daemon.poll() is not None:
            pytest.skip("dockerd cannot run here")
        if subprocess.run([tool("docker"), "-H", host, "info"], capture_output=True).returncode == 0:
            return
        time.sleep(0.2)
    pytest.skip("dockerd does not answer")


@pytest.fixture
def docker(docker_host) -> Run:
    """Runs docker with the given words; what it prints."""
    return lambda *words: output(tool("docker"), "-H", docker_host, *words)


@pytest.fixture
def podman() -> Iterator[list[str]]:
    """Podman with a store of its own, on a short path; one at a time: its locks are the machine's."""
    with (
        (Path(gettempdir()) / "imagebrowser-podman.lock").open("w") as turn,
        TemporaryDirectory(prefix="pod") as directory,
    ):
        fcntl.flock(turn, fcntl.LOCK_EX)
        words = [program("podman"), "--root", f"{directory}/store", "--runroot", f"{directory}/run"]
        words += ["--storage-driver", "vfs"]
        yield words
        run(*words, "system", "reset", "--force")


@pytest.fixture
def ask() -> Callable[..., list[Any]]:
    """Runs a command of ours with ``--format json``; the rows it prints."""

    def run(command: str, *words: str, **options: Any) -> list[Any]:
        out = StringIO()
        call_command(command, *words, format="json", stdout=out, **options)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return run


@pytest.fixture
def demo(tmp_path) -> Path:
    """The archive of the web servers of the demo, as our writer writes it."""
    return written(tmp_path / "demo.tar", demo_images())


@pytest.fixture
def shop(tmp_path) -> Path:
    """The archive of the third demo image."""
    return written(tmp_path / "shop.tar", [shop_image()])


def written(path: Path, images: list[SavedImage]) -> Path:
    """The images in an archive."""
    with path.open("wb") as file:
        file.writelines(write_docker_archive(images))
    return path
