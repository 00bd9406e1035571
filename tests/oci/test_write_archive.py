"""The archive writer: two tables of contents, one set of blobs, the same bytes each time."""

import hashlib
import io
import json
import tarfile

from layers.oci.archive.write import SavedImage, SavedLayer, manifest_of, write_docker_archive
from layers.oci.digest import Digest
from layers.oci.reference import Reference


def layer(tar: bytes) -> SavedLayer:
    return SavedLayer(Digest.of(tar), Digest.of(tar), len(tar), lambda: (tar,))


def image(*layers: SavedLayer, names: tuple[str, ...] = (), config: bytes = b"{}") -> SavedImage:
    return SavedImage(config, layers, tuple(map(Reference.parse, names)))


def members(*images: SavedImage) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(write_docker_archive(images)))) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}


def test_every_blob_is_named_by_its_digest():
    found = members(image(layer(b"one"), layer(b"two"), names=("web:v1",)))
    blobs = {name: raw for name, raw in found.items() if name.startswith("blobs/")}

    assert len(blobs) == 4
    assert all(name == f"blobs/sha256/{hashlib.sha256(raw).hexdigest()}" for name, raw in blobs.items())


def test_both_tables_lead_to_the_same_config_and_layers():
    saved = image(layer(b"one"), names=("web:v1",))
    found = members(saved)
    (row,) = json.loads(found["manifest.json"])
    (descriptor,) = json.loads(found["index.json"])["manifests"]
    manifest = json.loads(found[f"blobs/sha256/{descriptor['digest'][7:]}"])

    assert row["RepoTags"] == ["web:v1"]
    assert row["Config"] == f"blobs/sha256/{manifest['config']['digest'][7:]}"
    assert row["Layers"] == [f"blobs/sha256/{stored['digest'][7:]}" for stored in manifest["layers"]]
    assert descriptor["annotations"] == {
        "io.containerd.image.name": "docker.io/library/web:v1",
        "org.opencontainers.image.ref.name": "v1",
    }
    assert json.loads(found["repositories"]) == {"web": {"v1": hashlib.sha256(b"one").hexdigest()}}


def test_image_without_names_has_null_tags_and_no_annotations():
    found = members(image(layer(b"one")))

    assert json.loads(found["manifest.json"])[0]["RepoTags"] is None
    assert "annotations" not in json.loads(found["index.json"])["manifests"][0]
    assert json.loads(found["repositories"]) == {}


def test_shared_layers_stand_in_the_archive_once():
    base = layer(b"base")
    found = members(image(base, layer(b"a"), config=b'{"a":1}'), image(base, layer(b"b"), config=b'{"b":1}'))

    assert sum(name.startswith("blobs/") for name in found) == 3 + 2 + 2


def test_config_bytes_are_kept():
    raw = b'{ "os" : "linux" }\n'

    assert raw in members(image(config=raw)).values()
    assert json.loads(manifest_of(image(config=raw)))["config"]["size"] == len(raw)
