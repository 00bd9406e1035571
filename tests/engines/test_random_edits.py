"""Edits drawn by chance: what docker says and commits of them is what we say and commit, entry by entry."""

import io
import tarfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from layers.models import Image
from layers.oci.changeset.paths import as_text
from layers.oci.reference import Reference
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.save_images import save_images
from layers.queries.container_changes import container_changes
from tests.engines.random_edits import Editing, odd_layer
from tests.engines.saved import GOLDEN, docker_engine, run
from tests.layered import import_layers
from tests.oci.edits import layers_of

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.django_db]
SEEDS = range(36)
BASE, OURS = Reference.parse("the/base:1"), Reference.parse("ours:1")
Row = tuple[object, ...]


@pytest.fixture(scope="module")
def docker(tmp_path_factory) -> Iterator[list[str]]:
    with docker_engine(tmp_path_factory.mktemp("docker")) as words:
        yield words


@pytest.mark.parametrize("seed", SEEDS)
def test_docker_says_and_commits_the_same_of_any_edits(seed: int, docker: list[str], tmp_path: Path):
    image = import_layers(
        *layers_of(GOLDEN / "01-webserver" / "image.tar")[:1], odd_layer(), name=BASE.familiar
    )
    container = create_container(image=image)
    started = int(time.time())
    script = Editing(container, seed).edit(10 + seed % 11)
    if not run(*docker, "images", "--quiet", BASE.familiar):
        run(*docker, "load", "--input", saved(tmp_path / "base.tar", image, BASE))

    real = f"real-{seed}"
    run(*docker, "run", "--name", real, "--network", "none", BASE.familiar, "/bin/sh", "-c", script)
    said = sorted(run(*docker, "diff", real).splitlines())
    run(*docker, "commit", real, f"theirs:{seed}")
    run(*docker, "save", "--output", tmp_path / "theirs.tar", f"theirs:{seed}")
    run(*docker, "rm", real)
    rows = container_changes(container).rows
    committed = commit_container(container=container, reference=OURS)

    assert sorted(f"{row.kind} /{as_text(row.path)}" for row in rows) == said, script
    ours, theirs = saved(tmp_path / "ours.tar", committed, OURS), tmp_path / "theirs.tar"
    assert layer(ours, started) == layer(theirs, started), script


def saved(file: Path, image: Image, name: Reference) -> Path:
    with file.open("wb") as out:
        out.writelines(save_images([(image, (name,))]))
    return file


def layer(archive: Path, started: int) -> list[Row]:
    """The members of the newest layer, by name: docker has a whiteout where its path was in the order."""
    with tarfile.open(fileobj=io.BytesIO(layers_of(archive)[-1]), errors="surrogateescape") as tar:
        return sorted((told(tar, member, started) for member in tar), key=str)


def told(tar: tarfile.TarFile, member: tarfile.TarInfo, started: int) -> Row:
    if is_whiteout(member):
        # Overlayfs has one inode for all of them, with any group: docker tells of it, and nobody reads it.
        return member.name, member.type, oct(member.mode)
    content = tar.extractfile(member).read() if member.isreg() else b""
    return (
        member.name,
        member.type,
        oct(member.mode & 0o7777),
        member.uid,
        member.gid,
        "now" if member.mtime >= started or has_time_of_its_own(member) else int(member.mtime),
        member.linkname,
        (member.devmajor, member.devminor),
        sha256(content).hexdigest() if content else "",
    )


def is_whiteout(member: tarfile.TarInfo) -> bool:
    name = member.name.rpartition("/")[2]
    return name.startswith(".wh.") and name != ".wh..wh..opq"


def has_time_of_its_own(member: tarfile.TarInfo) -> bool:
    """Whether the time is not that of an edit: docker makes files in etc, busybox keeps no time of a link."""
    return member.issym() or member.name == "etc"
