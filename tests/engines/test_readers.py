"""skopeo and umoci read what we write."""

import hashlib
import tarfile

import pytest

from layers.operations.import_archive import import_archive
from tests.engines.conftest import output, tool

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


def test_skopeo_finds_the_same_config_in_the_docker_archive(demo):
    for image in import_archive(demo).images:
        (reference,) = image.references.all()
        name = f"docker-archive:{demo}:{reference.repository}:{reference.tag}"
        raw = output(tool("skopeo"), "inspect", "--config", "--raw", name)
        assert f"sha256:{hashlib.sha256(raw.encode()).hexdigest()}" == image.image_id


def test_umoci_unpacks_the_image_layout_to_our_merged_tree(demo, tmp_path, ask):
    import_archive(demo)
    layout, bundle = tmp_path / "layout", tmp_path / "bundle"
    with tarfile.open(demo) as archive:
        archive.extractall(layout, filter="data")
    names = output(tool("umoci"), "ls", "--layout", str(layout)).split()
    assert [name.rpartition(":")[2] for name in names] == ["v1", "v2"]
    output(tool("umoci"), "unpack", "--rootless", "--image", f"{layout}:{names[-1]}", str(bundle))

    files = {row["path"]: row for row in ask("ls", "webserver:v2", "/", recursive=True)}
    found = {f"/{path.relative_to(bundle / 'rootfs')}" for path in (bundle / "rootfs").rglob("*")}
    assert found == set(files)
    for path, row in files.items():
        if row["type"] == "file":
            content = (bundle / "rootfs" / path.lstrip("/")).read_bytes()
            assert hashlib.sha256(content).hexdigest() == row["sha256"], path
