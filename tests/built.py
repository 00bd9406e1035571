"""Images built in sight: layers of files, each with the instruction that is said to have made it."""

import json
from collections.abc import Iterable
from pathlib import Path

from layers.models import Image
from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.paths import join, split
from layers.oci.changeset.writer import write_changeset
from layers.operations.import_archive import import_archive
from tests.oci.archives import config, packed

Item = tuple[Member, bytes]
"""A member and its content."""
Layer = tuple[str, list[Item]]
"""What made it, and what is in it."""


def file(path: str, content: bytes = b"", *, mode: int = 0o644, uid: int = 0, xattr: bytes = b"") -> Item:
    extra = Extra(xattrs=((b"user.x", xattr),)) if xattr else None
    owner = mode, uid, uid
    return Member(path.encode(), Kind.FILE, *owner, len(content), 1, 0, None, None, extra), content


def folder(path: str) -> Item:
    return Member(path.encode(), Kind.DIRECTORY, 0o755, 0, 0, 0, 1, 0, None, None, None), b""


def gone(path: str) -> Item:
    """A whiteout."""
    directory, name = split(path.encode())
    return Member(join(directory, b".wh." + name), Kind.FILE, 0, 0, 0, 0, 1, 0, None, None, None), b""


def hard(path: str, target: str) -> Item:
    """A hard link."""
    return Member(path.encode(), Kind.HARDLINK, 0o644, 0, 0, 0, 1, 0, None, target.encode(), None), b""


def tar_of(items: Iterable[Item]) -> bytes:
    contents = {member.path: content for member, content in items}
    members = [member for member, _ in items]
    return b"".join(write_changeset(members, lambda member: [contents[member.path]]))


def build(directory: Path, name: str, *layers: Layer) -> Image:
    """Import an image of these layers, the lowest first."""
    tars = [tar_of(items) for _, items in layers]
    raw = config(*tars, history=[{"created_by": step} for step, _ in layers])
    names = [f"{position}/layer.tar" for position in range(len(tars))]
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": names}]
    archive = directory / f"{name.replace(':', '_')}.tar"
    documents = [("config.json", raw), ("manifest.json", json.dumps(manifest).encode())]
    archive.write_bytes(packed(*documents, *zip(names, tars, strict=True)))
    (image,) = import_archive(archive).images
    return image
