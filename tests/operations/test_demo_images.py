"""The demo images: their IDs, and what each layer teaches."""

import json

from layers.oci.changeset.entry import Kind
from layers.oci.config import ImageConfig
from layers.oci.digest import Digest
from layers.oci.limits import Limits
from layers.operations import demo_files
from layers.operations.demo_images import AUTHOR, MESSAGE, demo_images
from layers.operations.demo_server import BASE, QUIT, server_program

IDS = [
    "sha256:5fe95a79ada76a0797ba664bf71d1677efc1b0a35e2755cc017161e39014a6c7",
    "sha256:636857767a58b05e90b46b5cccc046417f6febe861a2cbf85da45b3fc6cbd8ac",
]
DIFF_IDS = [
    "sha256:52edc23df2c6c8b2498da38294e9920ddae732d8bd98495f636991f0a6ddcf32",
    "sha256:2453b1fcb084e07a7e17b982adb1965fea1d01124c942183ad48bc57fca5b305",
    "sha256:48855237c53e1ab4971179656b9741f52ea8afad14ad5c8cc79d96c564dff4c2",
    "sha256:54116cf3ac39840d4b8e101507dd6c4a97f79453a4f45ab5fdcc092ac76b2d26",
    "sha256:0c419b90ea2d412940439b4f170e21cb3eb56eecfb592e26377657b6ae7bbf3a",
    "sha256:068d9762439322500384c85121bc6980f0eba06dd998d79645d643d2021075e4",
]


def paths(items, *kinds: Kind) -> set[str]:
    return {member.path.decode() for member, _ in items if member.kind in kinds}


def test_ids_are_the_same_on_every_machine():
    images = demo_images()

    assert [Digest.of(image.config) for image in images] == IDS
    assert [[layer.diff_id for layer in image.layers] for image in images] == [DIFF_IDS[:5], DIFF_IDS]


def test_history_tells_builds_and_commit_apart():
    v1, v2 = (ImageConfig.parse(image.config, "demo", Limits()) for image in demo_images())

    assert [row.empty_layer for row in v1.history].count(False) == len(v1.diff_ids) == 5
    assert v2.history[:-1] == v1.history
    assert v2.history[-1].author == AUTHOR == v2.author
    assert v2.history[-1].comment == MESSAGE


def test_config_has_what_a_web_server_declares():
    runtime = json.loads(demo_images()[0].config)["config"]

    assert runtime["ExposedPorts"] == {"80/tcp": {}}
    assert runtime["Volumes"] == {"/data": {}}
    assert "NGINX_VERSION=1.27.3" in runtime["Env"]


def test_a_layer_deletes_the_large_file_of_a_lower_one():
    (package,) = paths(demo_files.clean_layer(), Kind.WHITEOUT) & paths(
        demo_files.install_layer(), Kind.FILE
    ) - {"var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_Packages"}

    assert package == "var/cache/apt/archives/nginx_1.27.3-1_amd64.deb"
    assert demo_files.PACKAGE_SIZE == 4 * 2**20


def test_the_commit_changes_adds_and_deletes():
    commit = demo_files.commit_layer()
    below = paths(demo_files.base_layer(), *Kind) | paths(demo_files.install_layer(), *Kind)
    files = paths(commit, Kind.FILE)

    assert files & below == {"usr/share/nginx/html/index.html"}
    assert {"root/.bash_history", "var/cache/apt/pkgcache.bin", "run/nginx.pid"} <= files - below
    assert paths(commit, Kind.WHITEOUT) == {"usr/share/nginx/html/50x.html"}


def test_every_parent_of_a_layer_has_a_header():
    for items in (demo_files.base_layer(), demo_files.commit_layer(), demo_files.permissions_layer()):
        directories = paths(items, Kind.DIRECTORY) | {""}
        assert {path.rpartition("/")[0] for path in paths(items, *Kind)} <= directories


def test_server_answers_with_the_page_that_the_commit_changes():
    program = server_program()

    assert len(program) == 504
    assert b"/usr/share/nginx/html/index.html\0" in program
    assert program[QUIT - BASE :].startswith(bytes.fromhex("31ffb83c0000000f05"))  # exit(0)
