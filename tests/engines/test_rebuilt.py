"""The lines of a rebuilt Dockerfile that are for the config, carried out by a real docker: the same again."""

import json
import subprocess
from pathlib import Path

import pytest

from layers.oci.changes import FORMS
from layers.oci.config import ImageConfig
from layers.oci.dockerfile.sources import LayerFacts
from layers.oci.limits import Limits
from layers.oci.rebuilt import rebuild
from tests.engines.conftest import TIMEOUT, tool
from tests.oci.tars import member, tar
from tests.oci.test_rebuilt import comparable, golden_configs

pytestmark = pytest.mark.engine
BASE = "imagebrowser-rebuilt-base:1"
CHOSEN = [pair for pair in golden_configs() if "-commit-" not in pair[0] or pair[0].endswith(("-3", "-12"))]


@pytest.fixture(scope="module")
def base(docker_host):
    """An image without settings, on the engine."""
    import_command = (tool("docker"), "-H", docker_host, "import", "-", BASE)
    subprocess.run(import_command, input=tar(member(b"etc/motd", b"hi\n")), check=True, timeout=TIMEOUT)
    yield BASE
    subprocess.run((tool("docker"), "-H", docker_host, "rmi", "-f", BASE), timeout=TIMEOUT, check=True)


@pytest.mark.parametrize("builder", ["classic", "buildkit"])
@pytest.mark.parametrize(("name", "raw"), CHOSEN, ids=[name for name, _ in CHOSEN])
def test_docker_makes_the_same_config_of_the_lines(name, raw, builder, base, docker, docker_host, tmp_path):
    config = ImageConfig.parse(raw, "config", Limits())
    rebuilt = rebuild(config, None, lambda position: LayerFacts())
    lines = [line.text for line in rebuilt.lines if line.text.split(" ")[0] in FORMS]
    (tmp_path / "Dockerfile").write_text("\n".join([f"FROM {base}", *lines]) + "\n")
    tag = f"imagebrowser-rebuilt:{name.lower()}-{builder}"
    build(docker_host, tmp_path, tag, builder)
    try:
        found = json.loads(docker("image", "inspect", "--format", "{{json .Config}}", tag))
    finally:
        docker("rmi", "-f", tag)

    assert comparable(found) == comparable(config.runtime)


def build(docker_host: str, folder: Path, tag: str, builder: str) -> None:
    env = {"DOCKER_BUILDKIT": "1" if builder == "buildkit" else "0", "PATH": "/usr/bin:/bin", "HOME": "/tmp"}
    command = (tool("docker"), "-H", docker_host, "build", "-q", "--no-cache", "-t", tag, str(folder))
    run = subprocess.run(command, env=env, capture_output=True, text=True, timeout=TIMEOUT)
    if builder == "buildkit" and run.returncode and "buildx" in run.stderr:
        pytest.skip("this docker has no BuildKit")
    assert run.returncode == 0, run.stderr[-2000:]
