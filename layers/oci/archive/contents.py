"""The contents of an archive, whoever wrote it: one entry for all formats."""

from dataclasses import replace

from layers.oci.archive.docker import read_docker
from layers.oci.archive.layers import layer_part
from layers.oci.archive.layout import Layout, read_layout
from layers.oci.archive.legacy import read_legacy
from layers.oci.archive.parts import Contents, ImagePart, Note
from layers.oci.archive.sniff import recognise
from layers.oci.archive.source import Source
from layers.oci.digest import Digest
from layers.oci.errors import LimitExceeded, MalformedArchive, UnsupportedArchive
from layers.oci.limits import Limits


def read_contents(source: Source, limits: Limits) -> Contents:
    """Images, indexes, attestations and names; the layers stay where they lie.

    Small documents are read and checked against their digests; blobs are
    checked for presence and size.

    Raises:
        OCIError: one sentence that names the member, the place in it and the rule.
    """
    names = source.names()
    layout = recognise(names)
    notes: list[Note] = []
    if layout == "rootfs":
        return _rootfs(source, notes)
    if layout == "oci":
        found = read_layout(source, limits)
        return Contents("oci-archive", found.images, found.documents, found.index_of, None, found.notes)
    if layout == "legacy":
        images = read_legacy(source, limits, notes)
        return Contents("docker-archive", tuple(images), notes=tuple(notes))
    images = read_docker(source, limits, notes)
    if "index.json" not in names:
        return Contents("docker-archive", tuple(images), notes=tuple(notes))
    return _both(images, read_layout(source, limits), notes, limits)


def _rootfs(source: Source, notes: list[Note]) -> Contents:
    part = source.whole()
    if part is None:
        raise UnsupportedArchive("The file is no image archive and no root filesystem: nothing is in it.")
    layer = layer_part(part, "", None, None, "the archive", notes)
    return Contents("rootfs", rootfs=layer, notes=tuple(notes))


def _both(images: list[ImagePart], layout: Layout, notes: list[Note], limits: Limits) -> Contents:
    """An archive of docker since 25: both descriptions, which have to agree.

    The layout adds the manifests, indexes and attestations, and names for what
    ``manifest.json`` does not list.
    """
    joined = {image.manifest_digest: image for image in layout.images}
    if layout.images:
        for image in images:
            twin = _twin(image, layout)
            joined[twin.manifest_digest] = replace(twin, references=image.references)
    found = tuple(joined.values()) or tuple(images)
    if len(found) > limits.images:
        raise LimitExceeded("images", limits.images, len(found))
    seen = dict.fromkeys((*notes, *layout.notes))
    return Contents("docker-archive", found, layout.documents, layout.index_of, None, tuple(seen))


def _twin(image: ImagePart, layout: Layout) -> ImagePart:
    """The image of the layout that an entry of ``manifest.json`` also describes."""
    for twin in layout.images:
        if twin.config_digest == image.config_digest:
            if _members(twin) != _members(image):
                raise MalformedArchive(
                    f"manifest.json and index.json give the image {image.config_digest} different layers."
                )
            return twin
    raise MalformedArchive(
        "manifest.json and index.json describe different images: "
        f"{image.config_digest} stands in manifest.json only."
    )


def _members(image: ImagePart) -> list[tuple[str, Digest | None]]:
    return [(layer.part.name, layer.diff_id) for layer in image.layers]
