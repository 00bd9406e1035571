"""What a library must still hold after everything that was done to it, worked out without asking it."""

import json
import tarfile
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

from tests.oracle.golden import GOLDEN

CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")


def digest_of(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


@dataclass
class Archive:
    """What an archive brings."""

    images: dict[str, set[str]] = field(default_factory=dict)
    """By image ID: every blob it cannot do without."""
    names: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """By full name: the image, and the index where the name stands on one."""
    indexes: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    """By digest: the images in it, and the blobs of all else that is."""


@cache
def parsed(name: str) -> Archive:
    """An archive of the golden files, read with the standard library alone."""
    archive = Archive()
    with tarfile.open(GOLDEN / name) as tar:
        members = [member for member in tar if not member.isdir()]
        files = {member.name: tar.extractfile(member).read() for member in members}
    for entry in json.loads(files.get("manifest.json", b"[]")):
        config = digest_of(files[entry["Config"]])
        archive.images[config] = {config, *(digest_of(files[layer]) for layer in entry["Layers"])}
        archive.names |= {full(tag): (config, None) for tag in entry["RepoTags"] or ()}
    for entry in json.loads(files.get("index.json", b'{"manifests": []}'))["manifests"]:
        images, _others = add_document(archive, files, entry)
        text = entry.get("annotations", {}).get("org.opencontainers.image.ref.name")
        if text and images:
            name = text if ":" in text.rpartition("/")[2] else text + ":latest"
            archive.names[full(name)] = min(images), None
    return archive


def add_document(archive: Archive, files: dict[str, bytes], entry: dict) -> tuple[set[str], set[str]]:
    """The images below a descriptor, and the other blobs; both are noted in the archive."""
    raw = files.get("blobs/" + entry["digest"].replace(":", "/"))
    if raw is None:
        return set(), set()
    document = json.loads(raw)
    if "manifests" in document:
        below = [add_document(archive, files, part) for part in document["manifests"]]
        images = {image for found, _ in below for image in found}
        others = {entry["digest"]}.union(*(found for _, found in below))
        archive.indexes[entry["digest"]] = images, others
        return images, others
    blobs = {
        entry["digest"],
        document["config"]["digest"],
        *(layer["digest"] for layer in document["layers"]),
    }
    if document["config"]["mediaType"] not in CONFIGS or "in-toto" in str(document["layers"]):
        return set(), blobs
    config = document["config"]["digest"]
    archive.images.setdefault(config, set()).update(blobs)
    return {config}, set()


def full(tag: str) -> str:
    """A docker name with its domain: ``nginx:v2`` is ``docker.io/library/nginx:v2``."""
    first, slash, _rest = tag.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return tag
    return f"docker.io/{tag}" if slash else f"docker.io/library/{tag}"


@dataclass
class Model:
    """The library as it should be."""

    images: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    containers: dict[str, "ContainerModel"] = field(default_factory=dict)

    @property
    def reachable(self) -> set[str]:
        """Every blob that must be there."""
        contents = (container.contents for container in self.containers.values())
        return set().union(*self.images.values(), *contents)

    def take(self, archive: Archive) -> None:
        for image, blobs in archive.images.items():
            self.images.setdefault(image, set()).update(blobs)
        self.names |= {name: image for name, (image, _index) in archive.names.items()}

    def is_used(self, image: str) -> bool:
        return any(container.image == image for container in self.containers.values())

    def remove(self, image: str) -> None:
        del self.images[image]
        self.names = {name: at for name, at in self.names.items() if at != image}

    def untag(self, name: str) -> None:
        image = self.names.pop(name)
        if image not in self.names.values():
            del self.images[image]


@dataclass
class ContainerModel:
    """A container: where it stands, and the content of each of its steps."""

    image: str
    steps: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)

    @property
    def contents(self) -> set[str]:
        return {*self.steps, *self.undone}
