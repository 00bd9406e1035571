"""From members to image archives: tar, compress, name by digest, put together."""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.trees import CLOCK, Member

MEDIA_TYPE = "application/vnd.oci.image."
SUFFIX = {"plain": "", "gzip": "+gzip", "zstd": "+zstd"}
TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE}


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A layer on disk. ``diff_id`` and ``digest`` are hex; ``size`` is of the stored form."""

    path: Path
    diff_id: str
    digest: str
    size: int
    compression: str = "plain"


def write_layer(members: Iterable[Member], path: Path) -> LayerFile:
    """A layer tar of ``members``, in their order."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            add_member(tar, member)
    digest = digest_of(path)
    return LayerFile(path, digest, digest, path.stat().st_size)


def add_member(tar: tarfile.TarFile, member: Member) -> None:
    """Append one member; a file of this machine is read now."""
    header = tarfile.TarInfo(member.path)
    header.type, header.mode, header.mtime = TYPES[member.kind], member.mode, member.mtime
    if member.kind == "symlink":
        header.linkname = str(member.source)
        tar.addfile(header)
    elif isinstance(member.source, bytes):
        add_bytes(tar, header, member.source)
    else:
        with open(member.source, "rb") as file:
            header.size = os.fstat(file.fileno()).st_size
            tar.addfile(header, file)


def add_bytes(tar: tarfile.TarFile, header: tarfile.TarInfo, content: bytes) -> None:
    """Append a member whose content is at hand."""
    header.size = len(content)
    tar.addfile(header, io.BytesIO(content))


def compressed(layer: LayerFile, compression: str) -> LayerFile:
    """The layer in another form, beside the first: ``gzip -6`` or ``zstd -3``, one thread, no timestamp."""
    if compression == "plain":
        return layer
    path = layer.path.with_suffix("." + compression)
    with layer.path.open("rb") as source, path.open("wb") as target:
        if compression == "zstd":
            subprocess.run(["zstd", "-3", "-q", "-c"], stdin=source, stdout=target, check=True)
        elif shutil.which("gzip"):
            subprocess.run(["gzip", "-6", "-n", "-c"], stdin=source, stdout=target, check=True)
        else:
            with gzip.GzipFile("", "wb", 6, target, 0) as stream:
                shutil.copyfileobj(source, stream, 2**20)
    return LayerFile(path, layer.diff_id, digest_of(path), path.stat().st_size, compression)


def digest_of(path: Path) -> str:
    """sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class ArchiveFile:
    """An image archive being written: ``manifest.json`` and ``index.json`` over the same blobs."""

    def __init__(self, path: Path) -> None:
        self.path, self.seen = path, set[str]()
        self.manifests: list[dict[str, object]] = []
        self.docker: list[dict[str, object]] = []
        # Closed by close(), which alone gives the file its name.
        self.tar = tarfile.open(path.with_suffix(".part"), "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def add_image(self, name: str, layers: list[LayerFile]) -> None:
        """One image and the blobs that are not in the archive yet."""
        for layer in layers:
            if layer.digest not in self.seen:
                with layer.path.open("rb") as file:
                    self.tar.addfile(member_header(blob_name(layer.digest), layer.size), file)
                self.seen.add(layer.digest)
        config = self.add_document(config_of(name, layers), "config.v1+json")
        stored = [descriptor(f"layer.v1.tar{SUFFIX[x.compression]}", x.digest, x.size) for x in layers]
        document = {
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPE + "manifest.v1+json",
            "config": config,
            "layers": stored,
        }
        manifest = self.add_document(document, "manifest.v1+json")
        names = {"io.containerd.image.name": f"docker.io/library/{name}", MEDIA_TYPE_REF: name.split(":")[1]}
        self.manifests.append({**manifest, "annotations": names})
        paths = [blob_name(layer.digest) for layer in layers]
        self.docker.append(
            {"Config": blob_name(str(config["digest"])[7:]), "RepoTags": [name], "Layers": paths}
        )

    def add_document(self, document: object, kind: str) -> dict[str, object]:
        """Store a JSON blob; its descriptor."""
        raw = json.dumps(document).encode()
        digest = hashlib.sha256(raw).hexdigest()
        if digest not in self.seen:
            self.tar.addfile(member_header(blob_name(digest), len(raw)), io.BytesIO(raw))
            self.seen.add(digest)
        return descriptor(kind, digest, len(raw))

    def close(self) -> None:
        """Write the tables of contents, and give the archive its name."""
        index = {"schemaVersion": 2, "mediaType": MEDIA_TYPE + "index.v1+json", "manifests": self.manifests}
        tables = {
            "index.json": index,
            "manifest.json": self.docker,
            "oci-layout": {"imageLayoutVersion": "1.0.0"},
        }
        for name, document in tables.items():
            raw = json.dumps(document).encode()
            self.tar.addfile(member_header(name, len(raw)), io.BytesIO(raw))
        self.tar.close()
        self.path.with_suffix(".part").replace(self.path)


MEDIA_TYPE_REF = "org.opencontainers.image.ref.name"


def config_of(name: str, layers: list[LayerFile]) -> dict[str, object]:
    """A config with one history row a layer."""
    made = "2023-11-14T22:13:20Z"
    history = [{"created": made, "created_by": f"bench {name} layer {n}"} for n in range(len(layers))]
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{layer.diff_id}" for layer in layers]}
    runtime = {"Cmd": ["/bin/sh"], "Labels": {"name": name}}
    return {
        "architecture": "amd64", "os": "linux", "created": made,
        "config": runtime, "history": history, "rootfs": rootfs,
    }  # fmt: skip


def descriptor(kind: str, digest: str, size: int) -> dict[str, object]:
    """An OCI descriptor of a blob."""
    return {"mediaType": MEDIA_TYPE + kind, "digest": f"sha256:{digest}", "size": size}


def blob_name(digest: str) -> str:
    """Where an archive keeps the blob."""
    return f"blobs/sha256/{digest}"


def member_header(name: str, size: int) -> tarfile.TarInfo:
    """The header of a file of the archive itself."""
    header = tarfile.TarInfo(name)
    header.size, header.mtime = size, CLOCK
    return header
