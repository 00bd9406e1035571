"""Real engines and this program say the same of one archive.

``docker`` needs a daemon (``DOCKER_HOST``); ``skopeo`` and ``umoci`` need to be installed.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from layers.oci.archive.write import write_docker_archive
from layers.operations.demo_images import demo_images
from layers.operations.import_archive import import_archive
from layers.queries.changes import changes
from layers.queries.history import history
from layers.queries.tree import walk

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = ["01-webserver", "04-hardlinks", "09-config", "12-tags-dangling-identical"]
pytestmark = pytest.mark.django_db


def run(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def docker():
    """Runs docker's client; skips where no daemon answers."""
    if not shutil.which("docker"):
        pytest.skip("docker is not installed")
    if subprocess.run(["docker", "info"], capture_output=True, timeout=60).returncode:
        pytest.skip("no dockerd answers: set DOCKER_HOST")
    return lambda *words: run("docker", *words)


@pytest.fixture
def demo(tmp_path) -> Path:
    """The demo images as the archive that they are imported from."""
    path = tmp_path / "demo.tar"
    with path.open("wb") as file:
        file.writelines(write_docker_archive(demo_images()))
    return path


@pytest.mark.parametrize("case", CASES)
def test_docker_gives_the_same_image_ids_and_layers(docker, case):
    path = GOLDEN / case / "image.tar"
    images = import_archive(path).images
    docker("load", "--quiet", "--input", path)

    for image in images:
        found = json.loads(docker("image", "inspect", image.image_id))[0]
        rows = image.image_layers.select_related("layer")
        assert found["Id"] == image.image_id
        assert found["RootFS"]["Layers"] == [row.layer.diff_id for row in rows]
        assert found["Size"] == image.size


def test_docker_gives_the_same_history_of_the_demo(docker, demo):
    images = import_archive(demo).images
    docker("load", "--quiet", "--input", demo)

    for image in images:
        lines = docker(
            "history",
            "--no-trunc",
            "--human=false",
            "--format",
            "{{.CreatedBy}}|{{.Size}}|{{.Comment}}",
            image.image_id,
        ).splitlines()
        assert lines == [f"{step.created_by}|{step.size}|{step.comment}" for step in history(image)]


def test_docker_exports_the_tree_that_the_demo_shows(docker, demo, tmp_path):
    image = import_archive(demo).images[-1]
    docker("load", "--quiet", "--input", demo)
    container = docker("create", "--network", "none", image.image_id).strip()
    try:
        docker("export", "--output", tmp_path / "rootfs.tar", container)
    finally:
        docker("rm", container)
    exported = import_archive(tmp_path / "rootfs.tar").images[0]

    ours = {row.path: (row.entry.kind, row.entry.size, row.entry.sha256) for row in walk(image, 5)}
    theirs = {row.path: (row.entry.kind, row.entry.size, row.entry.sha256) for row in walk(exported, 0)}
    assert {path: theirs.get(path) for path in ours} == ours


def test_docker_diff_of_a_container_is_the_diff_of_its_layer(docker, demo, tmp_path):
    """A file copied into a container for real, committed and saved, tells what docker diff told."""
    import_archive(demo)
    docker("load", "--quiet", "--input", demo)
    page = tmp_path / "index.html"
    page.write_text("<h1>Hello, Docker!</h1>\n")
    container = docker("create", "--network", "none", "webserver:v1").strip()
    try:
        docker("cp", page, f"{container}:/usr/share/nginx/html/index.html")
        told = sorted(docker("diff", container).splitlines())
        docker("commit", container, "webserver:edited")
        docker("save", "--output", tmp_path / "edited.tar", "webserver:edited")
    finally:
        docker("rm", container)
    image = import_archive(tmp_path / "edited.tar").images[0]

    top = image.image_layers.count() - 1
    assert sorted(f"{row.kind} /{row.path.decode()}" for row in changes(image, top).rows) == told


@pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo is not installed")
@pytest.mark.skipif(not shutil.which("umoci"), reason="umoci is not installed")
def test_umoci_unpacks_the_tree_that_the_demo_shows(demo, tmp_path):
    image = import_archive(demo).images[-1]
    layout = tmp_path / "layout"
    run("skopeo", "copy", f"docker-archive:{demo}:webserver:v2", f"oci:{layout}:v2")
    run("umoci", "unpack", "--rootless", "--image", f"{layout}:v2", tmp_path / "bundle")

    root = tmp_path / "bundle" / "rootfs"
    theirs = {str(path.relative_to(root)).encode() for path in root.rglob("*")}
    assert {row.path for row in walk(image, 5)} == theirs
