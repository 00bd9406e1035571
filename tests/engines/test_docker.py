"""A real docker loads what we write, and says of archives what we say."""

import json

import pytest

from layers.operations.import_archive import import_archive
from layers.queries.images import find_image
from tests.oracle.golden import Archive

pytestmark = [pytest.mark.engine, pytest.mark.django_db]
ARCHIVES = [
    Archive("01-webserver", "image.tar"),
    Archive("09-config", "image.tar"),
    Archive("10-formats", "docker28.tar"),
    Archive("12-tags-dangling-identical", "image.tar"),
    Archive("14-commit-config", "image.tar"),
]


def load(docker, path) -> set[str]:
    """The images that docker has after loading the archive."""
    docker("load", "--input", str(path))
    return set(docker("images", "--no-trunc", "--quiet").split())


def test_docker_loads_the_demo_images_under_the_same_ids(docker, demo, shop):
    for archive in (demo, shop):
        import_archive(archive)
        load(docker, archive)

    for name in ("webserver:v1", "webserver:v2", "shop:v1"):
        assert docker("inspect", "--format", "{{.Id}}", name).strip() == find_image(name).image_id


@pytest.mark.parametrize("name", ["webserver:v2", "shop:v1"])
def test_docker_runs_the_layers_of_the_demo_images_together_as_we_merge_them(
    name, docker, demo, shop, ask, tmp_path
):
    """What docker exports of a container is our merged tree, but for what docker itself puts into one."""
    archive = shop if name == "shop:v1" else demo
    load(docker, archive)
    import_archive(archive)
    container = docker("create", "--network", "none", name).strip()
    exported = tmp_path / "exported.tar"
    docker("export", "--output", str(exported), container)
    docker("rm", container)
    (image,) = import_archive(exported).images

    def tree(image):
        rows = ask("ls", image, "/", recursive=True)
        keys = ("type", "mode", "uid", "gid", "size", "linkname", "sha256")
        return {row["path"]: [row.get(key) for key in keys] for row in rows}

    theirs, ours = tree(image.image_id), tree(name)
    added = {"/.dockerenv", "/dev/console", "/dev/pts", "/dev/shm", "/proc", "/sys", "/dev"}
    added |= {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab"}
    assert {path: row for path, row in theirs.items() if path not in added} == {
        path: row for path, row in ours.items() if path not in added
    }


@pytest.mark.parametrize("archive", ARCHIVES, ids=str)
def test_docker_gives_the_same_ids_and_the_same_history(archive, docker, ask):
    images = import_archive(archive.path).images

    assert load(docker, archive.path) >= {image.image_id for image in images}
    for image in images:
        (found,) = json.loads(docker("image", "inspect", image.image_id))
        rows = ask("layers", image.image_id)
        assert found["RootFS"]["Layers"] == [row["diff_id"] for row in rows]
        assert found["Size"] == image.size
        ours = ask("history", image.image_id, no_trunc=True)
        lines = docker("history", "--no-trunc", "--format", "{{json .}}", image.image_id).splitlines()
        theirs = [json.loads(line) for line in lines]
        for row in (*ours, *theirs):
            # Of a loaded image docker does not know what it came of; how long ago it was goes on.
            row.pop("ID")
            row.pop("CreatedSince")
        assert ours == theirs


def test_docker_diff_of_a_container_is_the_diff_of_the_layer_it_is_committed_as(docker, demo, ask, tmp_path):
    load(docker, demo)
    page = tmp_path / "index.html"
    page.write_text("<h1>Hello, Docker!</h1>\n")
    container = docker("create", "--network", "none", "webserver:v1").strip()
    docker("cp", str(page), f"{container}:/usr/share/nginx/html/index.html")
    told = sorted(docker("diff", container).splitlines())
    image_id = docker("commit", container).strip()
    docker("rm", container)
    saved = tmp_path / "saved.tar"
    docker("save", "--output", str(saved), image_id)
    (image,) = import_archive(saved).images

    assert image.image_id == image_id
    assert sorted(" ".join(row) for row in ask("diff", image_id)) == told
