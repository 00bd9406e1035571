"""An image archive for everybody: ``docker save``'s two tables of contents over the same blobs.

Docker since 1.10, podman and skopeo read ``manifest.json``; OCI tools, and docker
with containerd's store, read ``index.json``. Both stand in the archive, as docker
25 and later write it. The archive itself is never compressed: not all can unpack it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layers.oci.archive.write_layout import (
    Archive,
    LendBlob,
    ReadBlob,
    SavedBlob,
    SavedRoot,
    compact_json,
    descriptor,
    layout_parts,
    place,
)
from layers.oci.digest import Digest
from layers.oci.mediatype import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST
from layers.oci.reference import Reference

__all__ = [
    "SavedImage",
    "SavedLayer",
    "compact_json",
    "docker_archive",
    "manifest_of",
    "root_of",
    "write_docker_archive",
]


@dataclass(frozen=True, slots=True)
class SavedLayer:
    """A layer to be saved, in the form in which it is stored."""

    diff_id: Digest
    digest: Digest
    size: int
    """Bytes of the stored form."""
    read: ReadBlob
    media_type: str = OCI_LAYER
    lend: LendBlob | None = None


@dataclass(frozen=True, slots=True)
class SavedImage:
    """An image to be saved: its raw config, its layers from the bottom up, its names."""

    config: bytes
    layers: tuple[SavedLayer, ...]
    references: tuple[Reference, ...] = ()
    manifest: bytes | None = None
    """The manifest it came with, which describes this config and these layers; else one is made."""
    manifest_media_type: str = OCI_MANIFEST


def write_docker_archive(images: Sequence[SavedImage]) -> Iterator[bytes]:
    """The archive of ``images``, in chunks: the same bytes each time. Blobs they share stand in it once.

    Raises:
        ValueError: a layer's content that is not as long as ``size`` says.
    """
    return docker_archive(images).chunks()


def docker_archive(images: Sequence[SavedImage]) -> Archive:
    """The archive of ``images``, which tells its size before it is written."""
    tables = {
        b"manifest.json": [_docker_manifest(image) for image in images],
        b"repositories": _repositories(images),
    }
    held = {name: SavedBlob.held(compact_json(table)) for name, table in tables.items()}
    return Archive(layout_parts([root_of(image) for image in images]) | held)


def root_of(image: SavedImage) -> SavedRoot:
    """The image as an entry of a layout."""
    layers = (SavedBlob(layer.digest, layer.size, layer.read, layer.lend) for layer in image.layers)
    return SavedRoot(
        SavedBlob.held(manifest_of(image)),
        image.manifest_media_type,
        image.references,
        (SavedBlob.held(image.config), *layers),
    )


def manifest_of(image: SavedImage) -> bytes:
    """The manifest that describes ``image``, its own or a new one: the same bytes each time."""
    if image.manifest is not None:
        return image.manifest
    return compact_json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(OCI_CONFIG, Digest.of(image.config), len(image.config)),
            "layers": [descriptor(layer.media_type, layer.digest, layer.size) for layer in image.layers],
        }
    )


def _docker_manifest(image: SavedImage) -> dict[str, object]:
    """The image's element of ``manifest.json``."""
    return {
        "Config": place(Digest.of(image.config)).decode(),
        "RepoTags": [name.with_default_tag().familiar for name in image.references] or None,
        "Layers": [place(layer.digest).decode() for layer in image.layers],
        "LayerSources": {
            layer.diff_id: descriptor(layer.media_type, layer.digest, layer.size) for layer in image.layers
        },
    }


def _repositories(images: Sequence[SavedImage]) -> dict[str, dict[str, str]]:
    """Names and top layers, as docker before 1.10 had them; an image without layers has no place in it."""
    table: dict[str, dict[str, str]] = {}
    for image in images:
        for name in map(Reference.with_default_tag, image.references):
            if image.layers and name.tag:
                table.setdefault(name.familiar_repository, {})[name.tag] = image.layers[-1].digest.hex
    return table
