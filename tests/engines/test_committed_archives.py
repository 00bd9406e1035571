"""Images committed upon every golden one, saved, and taken by every engine as our pages show them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers.models import Container, Image
from layers.oci.changeset.entry import Kind
from layers.oci.reference import Reference
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.edit_container import make_directory, remove_paths
from layers.operations.import_archive import import_archive
from layers.operations.save_images import save_images
from layers.operations.write_file import write_file
from layers.queries.tree import walk
from tests.engines.saved import (
    GOLDEN,
    Expected,
    copy,
    docker_engine,
    expected,
    is_zstd,
    paths_below,
    program,
    run,
)

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.django_db]

ARCHIVES = [
    *sorted(str(path.relative_to(GOLDEN)) for path in GOLDEN.glob("*/image.tar")),
    "10-formats/docker28-containerd.tar",
    "10-formats/legacy-v1.tar",
    "10-formats/oci-gzip.tar",
    "11-multiarch/buildah-manifest.tar",
]
"""Every case, and every way in which layers are stored; what an engine cannot read is left out below."""
UNPACKED = {"01-webserver", "02-delete-opaque", "04-hardlinks", "08-special"}
"""Cases that umoci lays out on a disk, which only root can have it do."""


@pytest.fixture(scope="module")
def docker(tmp_path_factory) -> Iterator[list[str]]:
    with docker_engine(tmp_path_factory.mktemp("docker")) as words:
        yield words


@pytest.fixture
def committed(tmp_path) -> tuple[Path, dict[str, Expected]]:
    """One archive of what is committed upon every image, and what our pages show of each, by its name."""
    chosen = []
    for archive in ARCHIVES:
        for number, base in enumerate(import_archive(GOLDEN / archive).images):
            # Docker before 23 knows no zstd, and a layer is saved as it came.
            if not is_zstd(base):
                chosen.append(commit_upon(base, f"committed/{archive.partition('.')[0]}:{number}"))
    file = tmp_path / "committed.tar"
    with file.open("wb") as out:
        out.writelines(save_images([(image, (reference,)) for image, reference in chosen]))
    assert len(chosen) > len(ARCHIVES)
    return file, {reference.familiar: expected(image) for image, reference in chosen}


def commit_upon(base: Image, name: str) -> tuple[Image, Reference]:
    container, reference = create_container(image=base), Reference.parse(name)
    edit(container)
    return commit_container(
        container=container, reference=reference, author="Ann", message="Why not?"
    ), reference


def edit(container: Container) -> None:
    """One path added, and, where there are some, one file changed and one deleted."""
    top = container.image.image_layers.count() - 1
    rows = walk(container.image, top) if top >= 0 else []
    files = [row.path for row in rows if row.entry.kind is Kind.FILE]
    make_directory(container=container, path=b"made/here", parents=True)
    write_file(container=container, path=b"made/here/file", data=b"new\n")
    if files:
        write_file(container=container, path=files[0], data=b"changed\n")
        remove_paths(container=container, paths=files[1:2])


def test_docker_shows_what_the_page_shows(committed, docker):
    file, images = committed
    run(*docker, "load", "--input", file)

    for name, image in images.items():
        (seen,) = json.loads(run(*docker, "image", "inspect", name))
        rows = run(*docker, "history", "--no-trunc", "--format", "{{json .CreatedBy}}", name)
        assert (seen["Id"], seen["RootFS"]["Layers"]) == (image.image_id, image.diff_ids)
        assert [json.loads(row) for row in rows.splitlines()] == image.steps


def test_podman_shows_what_the_page_shows(committed, podman):
    file, images = committed
    run(*podman, "load", "--quiet", "--input", file)

    for name, image in images.items():
        (seen,) = json.loads(run(*podman, "image", "inspect", image.image_id))
        steps = [row.get("created_by", "") for row in reversed(seen["History"])]
        assert (f"sha256:{seen['Id']}", seen["RootFS"]["Layers"]) == (image.image_id, image.diff_ids), name
        assert steps == image.steps


def test_skopeo_copies_and_umoci_unpacks_what_the_page_shows(committed, tmp_path):
    file, images = committed
    for number, (name, image) in enumerate(images.items()):
        source, target = f"docker-archive:{file}:{name}", tmp_path / f"dir{number}"
        copy(source, f"dir:{target}")
        manifest = json.loads((target / "manifest.json").read_text())
        assert manifest["config"]["digest"] == image.image_id
        assert len(manifest["layers"]) == len(image.diff_ids)

        if os.geteuid() == 0 and name.split("/")[1] in UNPACKED:
            layout, bundle = tmp_path / f"layout{number}", tmp_path / f"bundle{number}"
            copy(source, f"oci:{layout}:x")
            run(program("umoci"), "unpack", "--image", f"{layout}:x", bundle)
            assert paths_below(bundle / "rootfs") == image.paths
