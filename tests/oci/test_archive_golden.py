"""Archives that real tools wrote (tests/golden): the same images, whoever packed them."""

import io
import json
from hashlib import sha256
from pathlib import Path

import pytest

from layers.oci.archive.contents import read_contents
from layers.oci.archive.directory import DirectorySource
from layers.oci.archive.parts import Contents
from layers.oci.archive.rootfs import rootfs_config
from layers.oci.archive.source import TarSource
from layers.oci.changeset.compression import SNIFF_SIZE, decompressed, sniff
from layers.oci.config import ImageConfig
from layers.oci.limits import Limits
from tests.oci.archives import packed

GOLDEN = Path(__file__).parents[1] / "golden"
FORMATS = json.loads((GOLDEN / "10-formats/golden.json").read_text())
MULTIARCH = json.loads((GOLDEN / "11-multiarch/golden.json").read_text())
TAGS = json.loads((GOLDEN / "12-tags-dangling-identical/golden.json").read_text())
DIFF_IDS = [layer["diff_id"] for layer in FORMATS["images"][0]["layers"]]
UNPACKED = [archive for archive in FORMATS["archives"] if archive["file"].endswith(".tar")]
OF_THE_IMAGE = [
    archive for archive in UNPACKED if archive["file"] not in ("export-rootfs.tar", "legacy-v1.tar")
]


def contents_of(path: Path) -> Contents:
    return read_contents(TarSource.scan(io.BytesIO(path.read_bytes()), Limits()), Limits())


def names_of(contents: Contents) -> set[str]:
    named = {reference.familiar for image in contents.images for reference in image.references}
    return named | {reference.familiar for reference in contents.index_of}


def verdict(archive: dict, tool: str) -> dict:
    return next(verdict for verdict in archive["verdicts"] if verdict["tool"].startswith(tool))


@pytest.mark.parametrize("archive", OF_THE_IMAGE, ids=lambda archive: archive["file"])
def test_every_format_holds_the_same_layers(archive):
    (image,) = contents_of(GOLDEN / "10-formats" / archive["file"]).images

    assert [layer.diff_id for layer in image.layers] == DIFF_IDS
    for layer in image.layers:
        compression = sniff(layer.part.head(SNIFF_SIZE))
        tar = b"".join(decompressed(layer.part.chunks(), compression, Limits(), "layer"))
        assert f"sha256:{sha256(tar).hexdigest()}" == layer.diff_id
        if layer.digest is not None:
            assert layer.digest.matches(b"".join(layer.part.chunks()))


@pytest.mark.parametrize("archive", OF_THE_IMAGE, ids=lambda archive: archive["file"])
def test_the_image_id_is_the_one_that_engines_give(archive):
    (image,) = contents_of(GOLDEN / "10-formats" / archive["file"]).images

    docker, podman = verdict(archive, "docker 20.10"), verdict(archive, "podman")
    ids = {id_ for verdict in (docker, podman) if verdict["ok"] for id_ in verdict["image_ids"]}
    if ids:
        assert {image.config_digest} == ids
    if image.manifest is not None and image.manifest_media_type.startswith("application/vnd.oci"):
        assert [image.manifest_digest] == verdict(archive, "docker 28.5.2 (containerd store)")["image_ids"]


@pytest.mark.parametrize("archive", OF_THE_IMAGE, ids=lambda archive: archive["file"])
def test_names_are_those_that_docker_loads(archive):
    contents = contents_of(GOLDEN / "10-formats" / archive["file"])

    output = verdict(archive, "docker 28.5.2 (containerd store)")["output"]
    loaded = {line.removeprefix("Loaded image: ") for line in output if line.startswith("Loaded image: ")}
    assert names_of(contents) == loaded


@pytest.mark.parametrize("name", ["docker26.tar", "docker28.tar", "docker28-containerd.tar"])
def test_an_archive_with_both_tables_keeps_the_manifest(name):
    contents = contents_of(GOLDEN / "10-formats" / name)

    assert contents.format == "docker-archive"
    (image,) = contents.images
    assert image.manifest_digest is not None
    assert image.manifest_digest.matches(image.manifest)


def test_an_archive_before_docker_1_10_gets_the_config_that_docker_20_10_makes():
    archive = next(archive for archive in UNPACKED if archive["file"] == "legacy-v1.tar")
    contents = contents_of(GOLDEN / "10-formats/legacy-v1.tar")

    (image,) = contents.images
    assert image.config_digest in verdict(archive, "docker 20.10")["image_ids"]
    assert names_of(contents) == set(verdict(archive, "docker 20.10")["repo_tags"])
    assert [layer.diff_id for layer in image.layers] == DIFF_IDS
    assert ["made anew" in note.note for note in contents.notes] == [True]


def test_an_exported_container_is_one_layer_and_the_config_of_docker_import():
    contents = contents_of(GOLDEN / "10-formats/export-rootfs.tar")
    golden = FORMATS["docker_import_of_export"]

    assert (contents.format, contents.images) == ("rootfs", ())
    tar = b"".join(contents.rootfs.part.chunks())
    diff_id = golden["layers"][0]["diff_id"]
    assert f"sha256:{sha256(tar).hexdigest()}" == diff_id
    raw = rootfs_config(diff_id, golden["config"]["created"], golden["config"]["comment"])
    expected = {**golden["config"]}
    del expected["docker_version"], expected["container_config"]
    assert json.loads(raw) == expected
    assert list(json.loads(raw)["config"]) == list(golden["config"]["config"])
    assert ImageConfig.parse(raw, "config", Limits()).diff_ids == (diff_id,)


@pytest.mark.parametrize("name", ["nested-index.tar", "flat-index.tar", "buildah-manifest.tar"])
def test_every_platform_is_an_image(name):
    contents = contents_of(GOLDEN / "11-multiarch" / name)
    golden = [image for image in MULTIARCH["images"] if image["archive"] == "nested-index.tar"]
    known = {image["manifest_digest"]: image for image in golden}

    for image in contents.images:
        expected = known[image.manifest_digest]
        assert image.config_digest == expected["id"]
        platform = expected["platform"]
        parts = (platform["os"], platform["architecture"], platform.get("variant"))
        assert image.platform == "/".join(filter(None, parts))
        assert [layer.diff_id for layer in image.layers] == [layer["diff_id"] for layer in expected["layers"]]
    assert len(contents.images) == {"nested-index.tar": 4, "flat-index.tar": 3}.get(name, 2)


def test_a_nested_index_keeps_its_order_its_name_and_its_attestation():
    contents = contents_of(GOLDEN / "11-multiarch/nested-index.tar")
    structure = MULTIARCH["structure"]

    (outer,) = contents.index_of.values()
    assert {reference.familiar: digest for reference, digest in contents.index_of.items()} == {
        "oracle/multi:latest": structure["index.json"][0]
    }
    platforms = [image.platform for image in contents.images_of(outer)]
    assert platforms == ["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "linux/s390x"]
    kinds = {document.digest: document.kind for document in contents.documents}
    assert kinds[structure["attestation"]["digest"]] == "attestation"
    assert sorted(kinds.values()) == ["attestation", "index", "index"]


def test_several_images_and_names_stand_in_one_archive():
    contents = contents_of(GOLDEN / "12-tags-dangling-identical/image.tar")

    found = {image.config_digest: {name.familiar for name in image.references} for image in contents.images}
    assert found == {image["id"]: set(image["repo_tags"]) for image in TAGS["images"]}
    for expected in TAGS["images"]:
        image = next(image for image in contents.images if image.config_digest == expected["id"])
        assert [layer.diff_id for layer in image.layers] == [layer["diff_id"] for layer in expected["layers"]]


def test_a_repeated_layer_that_is_a_symlink_is_the_layer_it_points_to():
    contents = contents_of(GOLDEN / "12-tags-dangling-identical/image.tar")

    image = next(
        image for image in contents.images if "oracle/same:1" in {str(name) for name in image.references}
    )
    same = [layer.part for layer in image.layers if layer.diff_id == image.layers[1].diff_id]
    assert len(same) == 3
    assert {(part.name, part.offset) for part in same} == {(same[0].name, same[0].offset)}


@pytest.mark.parametrize(
    "path",
    ["10-formats/oci-gzip.tar", "10-formats/podman-docker.tar", "11-multiarch/nested-index.tar"],
)
def test_a_directory_reads_as_the_archive_of_it(path, tmp_path):
    archive = TarSource.scan(io.BytesIO((GOLDEN / path).read_bytes()), Limits())
    for name in archive.names():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"".join(archive.find(name).chunks()))

    found = read_contents(DirectorySource(tmp_path, Limits()), Limits())
    expected = read_contents(archive, Limits())
    assert [image.config_digest for image in found.images] == [
        image.config_digest for image in expected.images
    ]
    assert found.index_of == expected.index_of
    for image, other in zip(found.images, expected.images, strict=True):
        for layer, twin in zip(image.layers, other.layers, strict=True):
            assert b"".join(layer.part.chunks()) == b"".join(twin.part.chunks())


def test_an_empty_tar_is_a_root_filesystem_without_files(tmp_path):
    (tmp_path / "empty.tar").write_bytes(packed())
    contents = contents_of(tmp_path / "empty.tar")
    assert contents.format == "rootfs"
    assert contents.rootfs.part.size == (tmp_path / "empty.tar").stat().st_size
