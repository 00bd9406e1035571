"""One image in every container format, several platforms, several names: all are the same library."""

import pytest

from layers.models import Blob, Image, Reference, StoredLayer
from layers.operations.import_archive import import_archive
from layers.queries.images import find_image
from layers.queries.indexes import platforms
from tests.oracle.golden import ARCHIVES, FORMATS, MULTIARCH, Archive, comparable_tree, golden, implicit_paths

OF_THE_IMAGE = [
    archive
    for archive in ARCHIVES
    if archive.case == FORMATS and archive.file not in ("export-rootfs.tar", "legacy-v1.tar")
]
PLATFORMS = [archive for archive in ARCHIVES if archive.case == MULTIARCH]
PLATFORM_COUNTS = {"nested-index.tar": 4, "flat-index.tar": 3, "buildah-manifest.tar": 2}
TAGS = Archive("12-tags-dangling-identical", "image.tar")


@pytest.mark.django_db
@pytest.mark.parametrize("archive", OF_THE_IMAGE, ids=str)
def test_every_format_holds_the_same_layers_and_tree(archive, ask):
    (expected,) = golden(FORMATS)["images"]
    (image,) = import_archive(archive.path).images

    rows = ask("layers", image.image_id)
    assert [(row["diff_id"], row["chain_id"], row["content_size"]) for row in rows] == [
        (layer["diff_id"], layer["chain_id"], layer["size_docker"]) for layer in expected["layers"]
    ]
    for layer in expected["layers"]:
        found = ask("ls", image.image_id, "/", layer=str(layer["index"]), recursive=True)
        assert comparable_tree(found) == comparable_tree(layer["merged"])


@pytest.mark.django_db
@pytest.mark.parametrize("archive", OF_THE_IMAGE, ids=str)
def test_the_image_id_is_the_one_that_docker_or_podman_gives(archive):
    (image,) = import_archive(archive.path).images

    verdicts = [archive.verdict("docker 20.10"), archive.verdict("podman")]
    expected = {found for verdict in verdicts if verdict["ok"] for found in verdict["image_ids"]}
    expected |= {manifest["config_digest"] for manifest in archive.record.get("oci_summary", [])}
    assert {image.image_id} == expected or not expected


@pytest.mark.django_db
@pytest.mark.parametrize("archive", OF_THE_IMAGE, ids=str)
def test_the_layers_of_an_oci_layout_are_kept_as_they_came(archive, ask):
    (image,) = import_archive(archive.path).images

    for manifest in archive.record.get("oci_summary", []):
        rows = ask("layers", image.image_id)
        found = [[row["media_type"], row["digest"], row["stored_size"]] for row in rows]
        assert found == manifest["layers"]


@pytest.mark.django_db
@pytest.mark.parametrize("archive", OF_THE_IMAGE, ids=str)
def test_names_are_those_that_docker_gives(archive, ask):
    import_archive(archive.path)

    output = archive.verdict("docker 28.5.2 (containerd store)")["output"]
    loaded = {line.removeprefix("Loaded image: ") for line in output if line.startswith("Loaded image: ")}
    rows = ask("images")
    found = {f"{row['Repository']}:{row['Tag']}" for row in rows} - {"<none>:<none>"}
    assert found == loaded


@pytest.mark.django_db
def test_all_formats_together_store_each_layer_once_per_form():
    for archive in OF_THE_IMAGE:
        import_archive(archive.path)

    diff_ids = {layer["diff_id"] for layer in golden(FORMATS)["images"][0]["layers"]}
    forms = StoredLayer.objects.values_list("layer__diff_id", "compression", "blob__digest")
    assert {form[0] for form in forms} == diff_ids
    assert {form[1] for form in forms} == {"plain", "gzip", "zstd"}
    digests = list(Blob.objects.values_list("digest", flat=True))
    assert len(digests) == len(set(digests))


@pytest.mark.django_db
def test_an_archive_before_docker_1_10_has_the_layers_that_docker_gives_it(ask):
    archive = Archive(FORMATS, "legacy-v1.tar")
    (image,) = import_archive(archive.path).images

    assert image.image_id in archive.verdict("docker 20.10")["image_ids"]
    layers = golden(FORMATS)["images"][0]["layers"]
    rows = ask("layers", "oracle/formats:1.0")
    assert [row["diff_id"] for row in rows] == [layer["diff_id"] for layer in layers]


@pytest.mark.django_db
def test_a_root_filesystem_becomes_what_docker_import_makes_of_it(ask):
    expected = golden(FORMATS)["docker_import_of_export"]
    (image,) = import_archive(Archive(FORMATS, "export-rootfs.tar").path).images

    (row,) = ask("layers", image.image_id)
    (layer,) = expected["layers"]
    assert (row["diff_id"], row["chain_id"]) == (layer["diff_id"], layer["chain_id"])
    assert row["content_size"] == layer["size_docker"] == expected["inspect"]["Size"]
    (step,) = ask("history", image.image_id, no_trunc=True)
    assert step["Comment"] == expected["inspect"]["Comment"]
    found = ask("ls", image.image_id, "/", layer="0", recursive=True)
    implicit = implicit_paths(layer["merged"])
    assert comparable_tree(found, implicit) == comparable_tree(layer["merged"], implicit)


@pytest.mark.django_db
@pytest.mark.parametrize("archive", PLATFORMS, ids=str)
def test_every_platform_of_an_index_is_imported(archive, ask):
    known = {image["id"]: image for image in golden(MULTIARCH)["images"]}
    images = import_archive(archive.path).images

    assert {image.image_id for image in images} <= set(known)
    assert len(images) == PLATFORM_COUNTS[archive.file]
    for image in images:
        expected = known[image.image_id]
        assert (image.os, image.architecture) == (
            expected["platform"]["os"],
            expected["platform"]["architecture"],
        )
        assert [row["diff_id"] for row in ask("layers", image.image_id)] == [
            layer["diff_id"] for layer in expected["layers"]
        ]


@pytest.mark.django_db
def test_an_index_offers_its_platforms_and_shows_an_attestation_as_such():
    structure = golden(MULTIARCH)["structure"]
    import_archive(Archive(MULTIARCH, "nested-index.tar").path)

    rows = platforms(find_image("oracle/multi:latest"))
    assert {row.platform for row in rows if row.image} == {
        "linux/amd64",
        "linux/arm64/v8",
        "linux/arm/v7",
        "linux/s390x",
    }
    (attestation,) = [row for row in rows if row.image is None]
    assert attestation.digest == structure["attestation"]["digest"]
    assert attestation.kind == "attestation"


@pytest.mark.django_db
def test_images_have_all_their_names_and_those_without_are_shown_as_none(ask):
    import_archive(TAGS.path)

    found = {(row["ID"], f"{row['Repository']}:{row['Tag']}") for row in ask("images", no_trunc=True)}
    expected = {
        (image["id"], name) for image in TAGS.images for name in image["repo_tags"] or ["<none>:<none>"]
    }
    assert found == expected


@pytest.mark.django_db
def test_the_same_layer_three_times_in_an_image_is_stored_once(ask):
    import_archive(TAGS.path)

    rows = ask("layers", "oracle/same:1")
    assert len(rows) == 5
    assert len({row["diff_id"] for row in rows}) == 3
    assert len({row["chain_id"] for row in rows}) == 5
    assert StoredLayer.objects.filter(layer__diff_id=rows[1]["diff_id"]).count() == 1


@pytest.mark.django_db
def test_importing_everything_again_adds_nothing():
    def counts():
        return [model.objects.count() for model in (Image, Reference, Blob, StoredLayer)]

    archives = [archive for archive in ARCHIVES if archive.case in (FORMATS, MULTIARCH)]
    archives = [archive for archive in archives if archive.file != "export-rootfs.tar"]
    for archive in archives:
        import_archive(archive.path)
    before = counts()
    for archive in archives:
        import_archive(archive.path)
    assert counts() == before
