"""Committed images in real engines: the same ID and tree, and Dockerfiles that build the same tree."""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers.models import Container, Image
from layers.oci.changeset.paths import as_text
from layers.oci.reference import Reference
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.edit_container import (
    change_mode,
    change_owner,
    copy_path,
    make_directory,
    make_symlink,
    move_path,
    remove_paths,
)
from layers.operations.import_archive import import_archive
from layers.operations.save_images import save_images
from layers.operations.write_dockerfile import write_dockerfile
from layers.operations.write_file import write_file
from layers.operations.write_layer_dockerfile import write_layer_dockerfile
from layers.queries.container_changes import container_changes
from layers.queries.images import find_image
from tests.engines.saved import GOLDEN, docker_engine, expected, run
from tests.layered import import_layers
from tests.oci.edits import layers_of

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.django_db]

COMMITTED_CASES = [
    *("01-webserver", "02-delete-opaque", "03-typeswap-symlink"),
    *("04-hardlinks", "05-metadata", "06-rename"),
]
BASE, NEW = Reference.parse("the/base:1"), Reference.parse("committed:v1")
PAGE = b"usr/share/nginx/html/index.html"
EDITS = [
    (make_directory, {"path": b"opt/a dir/sub", "parents": True}, "mkdir -p '/opt/a dir/sub'"),
    (write_file, {"path": b"opt/a dir/sub/page", "data": b"new\n"}, "echo new > '/opt/a dir/sub/page'"),
    (write_file, {"path": PAGE, "data": b"<h1>Hi!</h1>\n"}, f"echo '<h1>Hi!</h1>' > /{PAGE.decode()}"),
    (write_file, {"path": "opt/新页面.html".encode(), "data": b"new\n"}, "echo new > /opt/新页面.html"),
    (write_file, {"path": b"opt/caf\xe9", "data": b"new\n"}, r"""echo new > "$(printf '/opt/caf\351')" """),
    (write_file, {"path": b"opt/tool", "data": b"#!/bin/sh\n"}, "echo '#!/bin/sh' > /opt/tool"),
    (change_mode, {"paths": [b"opt/tool"], "mode": 0o4755}, "chmod 4755 /opt/tool"),
    (copy_path, {"source": b"opt/tool", "target": b"opt/mine"}, "cp -a /opt/tool /opt/mine"),
    (change_owner, {"paths": [b"opt/mine"], "uid": 33, "gid": 33}, "chown 33:33 /opt/mine"),
    (make_symlink, {"path": b"opt/link", "target": b"a dir"}, "ln -s 'a dir' /opt/link"),
    (
        move_path,
        {"source": b"opt/a dir/sub/page", "target": b"opt/moved"},
        "mv '/opt/a dir/sub/page' /opt/moved",
    ),
    (move_path, {"source": b"var/cache/nginx", "target": b"var/nginx"}, "mv /var/cache/nginx /var/nginx"),
    (remove_paths, {"paths": [b"etc/group"]}, "rm /etc/group"),
    (remove_paths, {"paths": [b"usr/share/nginx/html/50x.html"]}, "rm /usr/share/nginx/html/50x.html"),
    (remove_paths, {"paths": [b"root"]}, "rm -rf /root"),
    (make_directory, {"path": b"root"}, "mkdir /root"),
    (remove_paths, {"paths": [b"home"]}, "rm -rf /home"),
    (write_file, {"path": b"home", "data": b"file\n"}, "echo file > /home"),
    (change_mode, {"paths": [b"var/log"], "mode": 0o711}, "chmod 711 /var/log"),
]
"""Each as an operation of ours, and as a line of shell for docker."""
MADE_BY_DOCKER = (
    "dev",
    "etc/hosts",
    "etc/hostname",
    "etc/resolv.conf",
    "etc/mtab",
    "proc",
    "sys",
    ".dockerenv",
)
"""What docker puts into every container that it makes."""


@pytest.fixture(scope="module")
def docker(tmp_path_factory) -> Iterator[list[str]]:
    with docker_engine(tmp_path_factory.mktemp("docker")) as words:
        yield words


@pytest.fixture
def container() -> Container:
    """A container with every kind of edit."""
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    container = create_container(image=find_image("nginx:latest"), name="edited")
    for operation, words, _line in EDITS:
        operation(container=container, **words)
    return container


def load(docker: list[str], directory: Path, *images: tuple[Image, tuple[Reference, ...]]) -> None:
    file = directory / "images.tar"
    with file.open("wb") as out:
        out.writelines(save_images(images))
    run(*docker, "load", "--input", file)


def tree(docker: list[str], image: str) -> dict[str, tuple[object, ...]]:
    """What docker exports of an image; but for the times of directories, which builders touch."""
    container = run(*docker, "create", image, "x").strip()
    done = subprocess.run([*docker, "export", container], capture_output=True, check=True)
    run(*docker, "rm", container)
    found = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        for member in tar:
            content = tar.extractfile(member).read() if member.isfile() else b""
            mtime = 0 if member.isdir() else int(member.mtime)
            seen = (member.type, oct(member.mode), member.uid, member.gid, member.linkname, mtime, content)
            if not f"{member.name}/".startswith(tuple(f"{own}/" for own in MADE_BY_DOCKER)):
                found[member.name] = seen
    return found


def test_docker_loads_the_image_under_the_id_we_show(container, docker, tmp_path):
    image = commit_container(container=container, reference=NEW, author="Ann", message="Why")
    load(docker, tmp_path, (image, (NEW,)))

    (seen,) = json.loads(run(*docker, "image", "inspect", "committed:v1"))
    rows = run(*docker, "history", "--no-trunc", "--format", "{{json .CreatedBy}}", image.image_id)
    ours = expected(image)
    assert seen["Id"] == image.image_id
    assert seen["RootFS"]["Layers"] == ours.diff_ids
    assert (seen["Author"], seen["Container"]) == ("Ann", container.container_id)
    assert [json.loads(row) for row in rows.splitlines()] == ours.steps
    assert {path.encode("utf-8", "surrogateescape") for path in tree(docker, "committed:v1")} == {
        path
        for path in ours.paths
        if not (path + b"/").startswith(tuple(f"{o}/".encode() for o in MADE_BY_DOCKER))
    }


def test_the_same_edits_have_the_same_diff(container, docker, tmp_path):
    load(docker, tmp_path, (container.image, (BASE,)))
    script = "\n".join(["set -e", *(line for _, _, line in EDITS)])
    run(*docker, "run", "--name", "real", "--network", "none", "the/base:1", "/bin/sh", "-c", script)

    rows = [f"{row.kind} /{as_text(row.path)}" for row in container_changes(container).rows]

    assert sorted(run(*docker, "diff", "real").splitlines()) == sorted(rows)


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_our_dockerfile_builds_the_same_tree(buildkit, container, docker, tmp_path):
    changes = ["CMD a b", "ENV X=1"]
    image = commit_container(container=container, reference=NEW, changes=changes)
    build = write_dockerfile(container=container, changes=changes)
    load(docker, tmp_path, (container.image, (Reference.parse("nginx:latest"),)), (image, (NEW,)))
    context = b"".join(build.context())

    environment = os.environ | {"DOCKER_BUILDKIT": buildkit}
    words = [*docker, "build", "--network", "none", "-t", "built:1", "-"]
    done = subprocess.run(words, input=context, capture_output=True, env=environment)

    assert done.returncode == 0, done.stderr.decode() + build.dockerfile
    assert tree(docker, "built:1") == tree(docker, "committed:v1")
    built, ours = (
        json.loads(run(*docker, "image", "inspect", name))[0] for name in ("built:1", "committed:v1")
    )
    assert [built["Config"][name] for name in ("Cmd", "Env")] == [
        ours["Config"][name] for name in ("Cmd", "Env")
    ]


def test_docker_commits_the_same_config_for_the_same_lines(docker, tmp_path, db):
    """What a real commit makes of our committed image says that docker takes it for one of its own."""
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    container = create_container(image=find_image("nginx:latest"))
    lines = [
        "ENTRYPOINT run $X",
        'LABEL a="b c"',
        "EXPOSE 7-9/udp",
        "HEALTHCHECK --retries=2 CMD x y",
        "WORKDIR sub",
    ]
    image = commit_container(container=container, reference=NEW, changes=lines)
    load(docker, tmp_path, (container.image, (BASE,)), (image, (NEW,)))
    real = run(*docker, "create", "the/base:1").strip()

    flags = [word for line in lines for word in ("--change", line)]
    theirs = json.loads(run(*docker, "image", "inspect", run(*docker, "commit", *flags, real).strip()))[0][
        "Config"
    ]
    ours = json.loads(run(*docker, "image", "inspect", "committed:v1"))[0]["Config"]

    own = ("Hostname", "Image", "AttachStdout", "AttachStderr")
    assert {key: ours[key] for key in ours if key not in own} == {
        key: theirs[key] for key in theirs if key not in own
    }


@pytest.mark.parametrize("case", COMMITTED_CASES)
def test_the_dockerfile_of_a_layer_builds_the_same_tree(case, docker, tmp_path, db):
    """Layers that docker itself committed, each built again upon those below it."""
    tars = layers_of(GOLDEN / case / "image.tar")
    for position in range(1, len(tars)):
        below = import_layers(*tars[:position], name="below:1")
        whole = import_layers(*tars[: position + 1], name="whole:1")
        build = write_layer_dockerfile(image=whole, position=position)
        load(docker, tmp_path, (below, (Reference.parse("below:1"),)), (whole, (Reference.parse("whole:1"),)))
        words = [*docker, "build", "--network", "none", "-t", "built:2", "-"]
        done = subprocess.run(words, input=b"".join(build.context()), capture_output=True)

        if any("has no rm" in note for note in build.notes):
            assert done.returncode != 0
            continue
        assert done.returncode == 0, done.stderr.decode() + build.dockerfile
        assert tree(docker, "built:2") == tree(docker, "whole:1"), build.dockerfile
