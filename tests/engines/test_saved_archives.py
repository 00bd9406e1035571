"""Real engines take what we save: the same image ID, diff_ids, history and tree as our pages show."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.saved import (
    ARCHIVES,
    Expected,
    copy,
    docker_engine,
    paths_below,
    program,
    run,
    save_again,
)

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.django_db]

WITHOUT_ZSTD = [archive for archive in ARCHIVES if archive != "10-formats/oci-zstd.tar"]
"""Docker before 23 knows no zstd, and a layer is saved as it came."""


@pytest.fixture(scope="module")
def docker(tmp_path_factory) -> Iterator[list[str]]:
    with docker_engine(tmp_path_factory.mktemp("docker")) as words:
        yield words


@pytest.fixture(params=ARCHIVES)
def saved(request, tmp_path) -> tuple[Path, list[Expected]]:
    return save_again(request.param, tmp_path, "docker")


@pytest.mark.parametrize("archive", WITHOUT_ZSTD)
def test_docker_loads_the_same_images(archive, docker, tmp_path):
    file, images = save_again(archive, tmp_path, "docker", zstd=False)
    run(*docker, "load", "--input", file)

    for image in images:
        (seen,) = json.loads(run(*docker, "image", "inspect", image.image_id))
        rows = run(*docker, "history", "--no-trunc", "--format", "{{json .CreatedBy}}", image.image_id)
        assert seen["Id"] == image.image_id
        assert (seen["RootFS"].get("Layers") or []) == image.diff_ids
        assert [json.loads(row) for row in rows.splitlines()] == image.steps
        run(*docker, "image", "rm", "--force", image.image_id)


def test_docker_shows_the_names(docker, tmp_path):
    file, _ = save_again("12-tags-dangling-identical/image.tar", tmp_path, "docker")
    names = {tag for row in manifest(file) for tag in row["RepoTags"] or []}
    run(*docker, "load", "--input", file)

    assert names <= set(run(*docker, "images", "--format", "{{.Repository}}:{{.Tag}}").split())


def test_skopeo_copies_the_same_configs(saved, tmp_path):
    file, images = saved
    for number, image in enumerate(images):
        target = tmp_path / f"dir{number}"
        copy(f"docker-archive:{file}:@{number}", f"dir:{target}")
        found = json.loads((target / "manifest.json").read_text())

        assert found["config"]["digest"] == image.image_id
        assert len(found["layers"]) == len(image.diff_ids)


@pytest.mark.parametrize("format", ["docker", "oci"])
def test_umoci_unpacks_the_same_tree(format, tmp_path):
    if os.geteuid():
        pytest.skip("only root can make the devices of an image")
    umoci = program("umoci")
    for archive in ("01-webserver/image.tar", "08-special/image.tar", "04-hardlinks/image.tar"):
        directory = tmp_path / archive.replace("/", "-")
        directory.mkdir()
        file, images = save_again(archive, directory, format)
        for number, image in enumerate(images):
            layout = directory / f"layout{number}"
            source = f"docker-archive:{file}:@{number}" if format == "docker" else oci_source(file, number)
            copy(source, f"oci:{layout}:x")
            run(umoci, "unpack", "--image", f"{layout}:x", directory / f"bundle{number}")

            assert paths_below(directory / f"bundle{number}" / "rootfs") == image.paths


def test_podman_loads_the_same_images(saved, podman):
    file, images = saved
    run(*podman, "load", "--quiet", "--input", file)

    for image in images:
        (seen,) = json.loads(run(*podman, "image", "inspect", image.image_id))
        assert f"sha256:{seen['Id']}" == image.image_id
        assert (seen["RootFS"]["Layers"] or []) == image.diff_ids
        assert [row.get("created_by", "") for row in reversed(seen["History"] or [])] == image.steps


@pytest.mark.parametrize(
    "archive", ["10-formats/oci-gzip.tar", "10-formats/podman-oci.tar", "11-multiarch/nested-index.tar"]
)
def test_skopeo_reads_the_layout(archive, tmp_path):
    file, images = save_again(archive, tmp_path, "oci")
    layout = unpacked(file)
    entry = json.loads((layout / "index.json").read_text())["manifests"][0]
    raw = run(program("skopeo"), "inspect", "--raw", oci_source(file, 0))

    assert json.loads(raw) == json.loads((layout / "blobs" / "sha256" / entry["digest"][7:]).read_text())
    if len(images) == 1:
        copy(oci_source(file, 0), f"dir:{tmp_path}/dir")
        found = json.loads((tmp_path / "dir" / "manifest.json").read_text())
        assert found["config"]["digest"] == images[0].image_id


def manifest(file: Path) -> list[dict]:
    return json.loads(run("tar", "-xOf", file, "manifest.json"))


def unpacked(file: Path) -> Path:
    directory = file.with_suffix("")
    directory.mkdir(exist_ok=True)
    run("tar", "--no-same-owner", "-C", directory, "-xf", file)
    return directory


def oci_source(file: Path, number: int) -> str:
    """An image of a layout for skopeo, which wants each to have a name of its own."""
    layout = unpacked(file)
    index = json.loads((layout / "index.json").read_text())
    entry = index["manifests"][number]
    entry["annotations"] = {"org.opencontainers.image.ref.name": "x"}
    (layout / "index.json").write_text(json.dumps(index | {"manifests": [entry]}))
    return f"oci:{layout}:x"
