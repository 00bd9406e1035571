"""Archives in memory: what a test needs, in sight."""

import io
import json
import tarfile
from collections.abc import Callable, Mapping

from layers.oci.archive.contents import read_contents
from layers.oci.archive.parts import Contents
from layers.oci.archive.source import TarSource
from layers.oci.digest import Digest
from layers.oci.limits import Limits
from layers.oci.mediatype import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST

Link = tuple[bytes, str]
"""A tar type and its target."""
Files = Mapping[str, bytes | Link]


def packed(*members: tuple[str, bytes | Link]) -> bytes:
    """A tar of files and links, in this order; a name may stand twice."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, tuple):
                info.type, info.linkname = content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def read(*members: tuple[str, bytes | Link], limits: Limits | None = None) -> Contents:
    """What is found in a tar of these members."""
    limits = limits or Limits()
    return read_contents(TarSource.scan(io.BytesIO(packed(*members)), limits), limits)


LAYER = packed(("hello", b"world\n"))


def config(*layers: bytes, **members: object) -> bytes:
    diff_ids = [Digest.of(layer) for layer in layers]
    document = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    return json.dumps({**document, **members}).encode()


def docker(**entry: object) -> dict[str, bytes | Link]:
    """``docker save`` of one image with one layer; ``entry`` replaces members of its manifest.json."""
    raw = config(LAYER)
    name = f"{Digest.of(raw).hex}.json"
    manifest = [{"Config": name, "RepoTags": ["test:1"], "Layers": ["00/layer.tar"], **entry}]
    return {name: raw, "00/layer.tar": LAYER, "manifest.json": json.dumps(manifest).encode()}


def described(content: bytes, media_type: str, **members: object) -> dict[str, object]:
    return {"mediaType": media_type, "digest": Digest.of(content), "size": len(content), **members}


class Layout:
    """An OCI layout that grows: each method adds a blob and returns its descriptor."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | Link] = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, content: bytes, media_type: str, **members: object) -> dict[str, object]:
        self.files[f"blobs/sha256/{Digest.of(content).hex}"] = content
        return described(content, media_type, **members)

    def image(self, raw: bytes | None = None, layer: bytes = LAYER, **members: object) -> dict[str, object]:
        document = {
            "schemaVersion": 2,
            "config": self.blob(raw if raw is not None else config(layer), OCI_CONFIG),
            "layers": [self.blob(layer, OCI_LAYER)],
            **members,
        }
        return self.blob(json.dumps(document).encode(), OCI_MANIFEST)

    def index(self, *entries: dict[str, object]) -> dict[str, object]:
        document = {"schemaVersion": 2, "manifests": entries}
        return self.blob(json.dumps(document).encode(), OCI_INDEX)

    def read(
        self, *entries: dict[str, object], without: Callable[[str], bool] = lambda name: False
    ) -> Contents:
        """What is found with these entries in index.json; ``without`` tells what is left out."""
        index = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
        files = {**self.files, "index.json": index}
        return read(*((name, content) for name, content in files.items() if not without(name)))
