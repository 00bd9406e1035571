"""An image archive for everybody: ``docker save``'s two tables of contents over the same blobs.

Docker since 1.10, podman and skopeo read ``manifest.json``; OCI tools, and docker
with containerd's store, read ``index.json``. Both stand in the archive, as docker
25 and later write it. The archive itself is never compressed: not all can unpack it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.writer import write_changeset
from layers.oci.digest import Digest
from layers.oci.mediatype import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST
from layers.oci.reference import Reference

NAME: Final = "io.containerd.image.name"
REF_NAME: Final = "org.opencontainers.image.ref.name"

ReadBlob = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class SavedLayer:
    """A layer to be saved, in the form in which it is stored."""

    diff_id: Digest
    digest: Digest
    size: int
    """Bytes of the stored form."""
    read: ReadBlob
    media_type: str = OCI_LAYER


@dataclass(frozen=True, slots=True)
class SavedImage:
    """An image to be saved: its raw config, its layers from the bottom up, its names."""

    config: bytes
    layers: tuple[SavedLayer, ...]
    references: tuple[Reference, ...] = ()


def write_docker_archive(images: Sequence[SavedImage]) -> Iterator[bytes]:
    """The archive of ``images``, in chunks: the same bytes each time. Blobs they share stand in it once.

    Raises:
        ValueError: a layer's content that is not as long as ``size`` says.
    """
    parts: dict[bytes, tuple[int, ReadBlob]] = {}
    for image in images:
        parts |= {_place(layer.digest): (layer.size, layer.read) for layer in image.layers}
        parts |= {_place(Digest.of(raw)): _held(raw) for raw in (image.config, manifest_of(image))}
    tables = {
        b"index.json": {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": _index(images)},
        b"manifest.json": [_docker_manifest(image) for image in images],
        b"oci-layout": {"imageLayoutVersion": "1.0.0"},
        b"repositories": _repositories(images),
    }
    parts |= {name: _held(compact_json(table)) for name, table in tables.items()}
    members = [_directory(b"blobs"), _directory(b"blobs/sha256")]
    members += [_file(name, size) for name, (size, _) in parts.items()]
    return write_changeset(members, lambda member: parts[member.path][1]())


def manifest_of(image: SavedImage) -> bytes:
    """The OCI manifest that describes ``image``: the same bytes each time."""
    return compact_json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _descriptor(OCI_CONFIG, Digest.of(image.config), len(image.config)),
            "layers": [_descriptor(layer.media_type, layer.digest, layer.size) for layer in image.layers],
        }
    )


def compact_json(document: object) -> bytes:
    """JSON as Go's encoder writes it: no blanks, and ``< > &`` escaped.

    >>> compact_json({"author": "Ann <ann@example.org>"})
    b'{"author":"Ann \\\\u003cann@example.org\\\\u003e"}'
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # These three stand only inside strings, so they can be escaped anywhere.
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def _index(images: Sequence[SavedImage]) -> list[dict[str, object]]:
    """One descriptor a name; an image without names has one that is bare."""
    descriptors: list[dict[str, object]] = []
    for image in images:
        raw = manifest_of(image)
        bare = _descriptor(OCI_MANIFEST, Digest.of(raw), len(raw))
        named = [
            bare | {"annotations": {NAME: name.full, REF_NAME: name.tag}}
            for name in map(Reference.with_default_tag, image.references)
        ]
        descriptors += named or [bare]
    return descriptors


def _docker_manifest(image: SavedImage) -> dict[str, object]:
    """The image's element of ``manifest.json``."""
    return {
        "Config": _place(Digest.of(image.config)).decode(),
        "RepoTags": [name.with_default_tag().familiar for name in image.references] or None,
        "Layers": [_place(layer.digest).decode() for layer in image.layers],
        "LayerSources": {
            layer.diff_id: _descriptor(layer.media_type, layer.digest, layer.size) for layer in image.layers
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


def _descriptor(media_type: str, digest: Digest, size: int) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest, "size": size}


def _place(digest: Digest) -> bytes:
    return f"blobs/{digest.algorithm}/{digest.hex}".encode()


def _held(raw: bytes) -> tuple[int, ReadBlob]:
    return len(raw), lambda: (raw,)


def _directory(path: bytes) -> Member:
    return Member(path, Kind.DIRECTORY, 0o755, 0, 0, 0, 0, 0, None, None, None)


def _file(path: bytes, size: int) -> Member:
    return Member(path, Kind.FILE, 0o644, 0, 0, size, 0, 0, None, None, None)
