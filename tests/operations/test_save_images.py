"""Images are saved as they came: layers and manifests byte for byte, each blob once, none unchecked."""

import io
import json
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from layers.models import Blob, Image, Manifest, Reference
from layers.oci.errors import DigestMismatch
from layers.operations.import_archive import import_archive
from layers.operations.save_images import archive_of, save_images
from layers.queries.files import ContentMissing
from layers.queries.images import ImageNotFound
from layers.queries.selection import select_images
from layers.storage import blob_path

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
ARCHIVES = sorted(
    str(path.relative_to(GOLDEN)) for path in GOLDEN.glob("*/*.tar") if "handmade" not in path.parent.name
)

pytestmark = pytest.mark.django_db


def load(name: str) -> list[Image]:
    return list(import_archive(next(GOLDEN.glob(name))).images)


def saved(*names: str, format: str = "docker") -> dict[str, bytes]:
    archive = b"".join(save_images(select_images(names), format=format))
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}


def blobs(members: dict[str, bytes]) -> set[str]:
    return {name.rpartition("/")[2] for name in members if name.startswith("blobs/")}


def test_layers_and_config_are_byte_for_byte_what_was_imported():
    load("01-webserver/image.tar")
    found = saved("nginx:v2")
    with tarfile.open(GOLDEN / "01-webserver" / "image.tar") as tar:
        imported = {sha256(tar.extractfile(m).read()).hexdigest() for m in tar if m.isfile()}
    (row,) = json.loads(found["manifest.json"])

    assert row["RepoTags"] == ["nginx:v2"]
    assert {path.rpartition("/")[2] for path in [row["Config"], *row["Layers"]]} <= imported
    assert all(sha256(raw).hexdigest() == name[-64:] for name, raw in found.items() if "/" in name)


def test_images_in_one_file_share_their_layers():
    load("01-webserver/image.tar")
    first, second = (saved(f"nginx:{tag}") for tag in ("latest", "v2"))
    both = saved("nginx:latest", "nginx:v2")

    assert blobs(both) == blobs(first) | blobs(second)
    assert len(blobs(both)) < len(blobs(first)) + len(blobs(second))


def test_a_repository_without_a_tag_means_all_its_names():
    load("01-webserver/image.tar")

    assert [str(name) for _, names in select_images(["nginx"]) for name in names] == [
        "nginx:latest",
        "nginx:v2",
    ]


def test_an_image_saved_by_id_has_no_name():
    (image, *_) = load("10-formats/image.tar")
    found = saved(image.image_id)

    assert json.loads(found["manifest.json"])[0]["RepoTags"] is None
    assert "annotations" not in json.loads(found["index.json"])["manifests"][0]


def test_an_image_named_twice_is_saved_once_with_both_names():
    (image,) = load("10-formats/image.tar")
    names = [f"{row.repository}:{row.tag}" for row in Reference.objects.all()]

    assert [(i.pk, len(n)) for i, n in select_images([image.image_id, *names, *names])] == [
        (image.pk, len(names))
    ]


@pytest.mark.parametrize("format", ["docker", "oci"])
@pytest.mark.parametrize(
    "archive", ["oci-gzip.tar", "oci-zstd.tar", "docker28-containerd.tar", "podman-oci.tar"]
)
def test_the_manifest_keeps_its_digest(archive, format):
    (image,) = load(f"10-formats/{archive}")
    found = saved(image.image_id, format=format)
    (listed,) = json.loads(found["index.json"])["manifests"]

    assert listed["digest"] == Manifest.objects.get(image=image).blob.digest
    assert ("manifest.json" in found) is (format == "docker")


@pytest.mark.parametrize("archive", ["nested-index.tar", "buildah-manifest.tar"])
def test_an_index_is_kept_with_all_its_platforms(archive):
    load(f"11-multiarch/{archive}")
    row = Reference.objects.exclude(index=None)[0]
    found = saved(f"{row.repository}:{row.tag}", format="oci")
    (listed,) = json.loads(found["index.json"])["manifests"]
    with tarfile.open(GOLDEN / "11-multiarch" / archive) as tar:
        imported = {Path(name).name for name in tar.getnames()}

    assert listed["digest"] == row.index.blob.digest
    assert blobs(found) <= imported
    assert {digest[7:] for digest in Manifest.objects.values_list("blob__digest", flat=True)} <= blobs(found)


def test_one_platform_of_an_index_is_saved_for_docker():
    load("11-multiarch/nested-index.tar")
    row = Reference.objects.exclude(index=None)[0]
    found = saved(f"{row.repository}:{row.tag}")

    assert len(json.loads(found["manifest.json"])) == 1
    assert len(json.loads(found["index.json"])["manifests"]) == 1


@pytest.mark.parametrize("format", ["docker", "oci"])
@pytest.mark.parametrize("archive", ARCHIVES)
def test_what_is_saved_is_imported_as_what_it_was(archive, format):
    images = load(archive)
    names = [f"{row.repository}:{row.tag}" for row in Reference.objects.all()]
    chosen = select_images([*names, *(image.image_id for image in images)])
    archive_bytes = b"".join(save_images(chosen, format=format))
    assert len(archive_bytes) == archive_of(chosen, format=format).size
    again = import_archive(io.BytesIO(archive_bytes))

    assert {image.pk for image in again.images} >= {image.pk for image in images}
    assert not again.fidelity or format == "docker"
    assert Image.objects.count() == len({image.pk for image in images})


@pytest.mark.parametrize("sealed", [True, False])
def test_the_same_choice_gives_the_same_bytes(sealed):
    load("01-webserver/image.tar")
    if not sealed:
        Blob.objects.update(seal=None)
    once, again = (b"".join(save_images(select_images(["nginx"]))) for _ in range(2))
    file = io.BytesIO()
    archive_of(select_images(["nginx"])).write_to(file)

    assert once == again == file.getvalue()


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("place", [0, 600, -1])
def test_a_damaged_layer_is_not_sent_whole(place, sealed):
    (image,) = load("10-formats/image.tar")
    blob = image.image_layers.first().stored.blob
    raw = bytearray(blob_path(blob.digest).read_bytes())
    raw[place] ^= 1
    if not sealed:
        Blob.objects.update(seal=None)
    blob_path(blob.digest).write_bytes(raw)

    sent = bytearray()
    with pytest.raises(DigestMismatch, match="was changed in the blob store"):  # noqa: PT012
        for chunk in save_images([(image, ())]):
            sent += chunk
    assert sent.startswith(b"blobs/")
    assert bytes(raw) not in sent


@pytest.mark.parametrize(("damage", "error"), [("unlink", ContentMissing), ("cut", DigestMismatch)])
def test_a_lost_layer_is_told_before_anything_is_sent(damage, error):
    (image,) = load("10-formats/image.tar")
    path = blob_path(image.image_layers.first().stored.blob.digest)
    path.unlink() if damage == "unlink" else path.write_bytes(b"x")

    with pytest.raises(error):
        archive_of([(image, ())])


def test_what_is_not_there_is_told():
    with pytest.raises(ImageNotFound):
        select_images(["nowhere:1"])
