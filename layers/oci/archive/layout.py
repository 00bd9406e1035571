"""The OCI image layout (image-spec image-layout.md): ``index.json`` and what it leads to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from layers.oci.archive.layers import layer_part
from layers.oci.archive.parts import DocumentKind, DocumentPart, ImagePart, LayerPart, Note, Part
from layers.oci.archive.source import Source
from layers.oci.config import ImageConfig
from layers.oci.descriptor import Descriptor
from layers.oci.digest import Digest
from layers.oci.errors import (
    InvalidReference,
    LimitExceeded,
    MalformedArchive,
    UnsupportedArchive,
    shown,
)
from layers.oci.limits import Limits
from layers.oci.manifest import Index, Manifest, parse_manifest
from layers.oci.mediatype import INDEXES, MANIFESTS, is_encrypted
from layers.oci.reference import Reference
from layers.oci.strictjson import as_object, as_text, loads

CONTAINERD_NAME: Final = "io.containerd.image.name"
REF_NAME: Final = "org.opencontainers.image.ref.name"
ATTESTATION: Final = ("vnd.docker.reference.type", "attestation-manifest")
VERSION = re.compile(r"1\.\d{1,3}\.\d{1,3}")


class NotHeld(MalformedArchive):
    """A blob that a document names and the archive lacks."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a layout holds."""

    images: tuple[ImagePart, ...]
    documents: tuple[DocumentPart, ...]
    index_of: dict[Reference, Digest]
    notes: tuple[Note, ...]


def read_layout(source: Source, limits: Limits) -> Layout:
    """All that ``index.json`` leads to.

    Every digest is visited once, however often it is named, and no deeper than
    ``index_depth``. What only an index below ``index.json`` names may be
    missing: engines save the platforms that they have.

    Raises:
        MalformedArchive, MalformedJSON, InvalidDigest, DigestMismatch, LimitExceeded,
        UnsupportedArchive: naming the blob, the field and the rule.
    """
    walk = _Walk(source, limits)
    walk.check_version()
    walk.read_index()
    return walk.layout()


class _Walk:
    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.images: dict[Digest, ImagePart] = {}
        self.documents: dict[Digest, DocumentPart] = {}
        self.visited: dict[Digest, tuple[Digest, ...]] = {}
        self.missing: dict[Digest, NotHeld] = {}
        self.named: dict[Reference, Digest] = {}
        self.notes: list[Note] = []

    def check_version(self) -> None:
        part = self.source.find("oci-layout")
        if part is None:
            self.notes.append(
                Note("oci-layout", "", "the file is missing: the layout is read by its index.json")
            )
            return
        members = as_object(
            loads(part.read(self.limits, "oci-layout"), "oci-layout", self.limits), "oci-layout"
        )
        version = as_text(members.get("imageLayoutVersion"), "oci-layout.imageLayoutVersion")
        if not VERSION.fullmatch(version):
            raise MalformedArchive(f"oci-layout.imageLayoutVersion is {shown(version)}: only 1.0.0 is known.")

    def read_index(self) -> None:
        part = self.source.find("index.json")
        if part is None:
            raise MalformedArchive("The archive is an OCI image layout without its index.json.")
        index = parse_manifest(part.read(self.limits, "index.json"), None, "index.json", self.limits)
        if not isinstance(index, Index):
            raise MalformedArchive("index.json is a manifest: an index was expected there.")
        for at, descriptor in enumerate(index.manifests):
            where = f"index.json.manifests[{at}]"
            self._visit(descriptor, where, 1)
            self._name(descriptor, where)
        if not self.images and not self.documents:
            raise MalformedArchive("index.json names no image.")

    def layout(self) -> Layout:
        names: dict[Digest, list[Reference]] = {}
        for reference, digest in self.named.items():
            names.setdefault(digest, []).append(reference)
        for references in names.values():
            if len(references) > self.limits.tags:
                raise LimitExceeded("tags", self.limits.tags, len(references), "index.json")
        images = tuple(_named(image, names.get(digest, [])) for digest, image in self.images.items())
        indexes = {digest for digest, document in self.documents.items() if document.kind == "index"}
        index_of = {reference: digest for reference, digest in self.named.items() if digest in indexes}
        return Layout(images, tuple(self.documents.values()), index_of, tuple(self.notes))

    def _name(self, descriptor: Descriptor, where: str) -> None:
        """Note the name that ``index.json`` gives, as containerd's store reads it."""
        text = descriptor.annotations.get(CONTAINERD_NAME) or descriptor.annotations.get(REF_NAME)
        if text is None or descriptor.digest not in self.visited:
            return
        try:
            reference = Reference.parse_tag(text)
        except InvalidReference as refusal:
            self.notes.append(Note(where, "", f"the name is dropped: {refusal}"))
            return
        if reference in self.named:
            self.notes.append(Note(where, "", f"the name {reference} stands here again: the later wins"))
        self.named[reference] = descriptor.digest

    def _visit(self, descriptor: Descriptor, where: str, depth: int) -> tuple[Digest, ...]:
        """Read a manifest or index and all below it; the digests of the image manifests found."""
        digest = descriptor.digest
        if digest in self.visited:
            return self.visited[digest]
        if digest in self.missing:
            raise self.missing[digest]
        if descriptor.media_type and descriptor.media_type not in INDEXES | MANIFESTS:
            type_ = shown(descriptor.media_type)
            self.notes.append(Note(where, "", f"{digest} is left out: {type_} is neither manifest nor index"))
            return ()
        if depth > self.limits.index_depth:
            raise LimitExceeded("index_depth", self.limits.index_depth, depth, where)
        try:
            images = self._read(descriptor, where, depth)
        except NotHeld as error:
            self.missing[digest] = error
            raise
        self.visited[digest] = images
        if len(self.visited) > self.limits.descriptors:
            raise LimitExceeded("descriptors", self.limits.descriptors, len(self.visited), where)
        return images

    def _read(self, descriptor: Descriptor, where: str, depth: int) -> tuple[Digest, ...]:
        raw = self._document(descriptor, where)
        place = f"blob {descriptor.digest}"
        document = parse_manifest(raw, descriptor.media_type or None, place, self.limits)
        if isinstance(document, Manifest):
            return self._manifest(document, descriptor)
        return self._index(document, descriptor.digest, depth)

    def _index(self, index: Index, digest: Digest, depth: int) -> tuple[Digest, ...]:
        images: list[Digest] = []
        missing: list[NotHeld] = []
        held = len(self.visited)
        for at, descriptor in enumerate(index.manifests):
            try:
                images += self._visit(descriptor, f"blob {digest}.manifests[{at}]", depth + 1)
            except NotHeld as error:
                missing.append(error)
        if missing and not images and len(self.visited) == held:
            raise missing[0]
        self.notes += [Note(f"blob {digest}", "", str(error)) for error in missing]
        images = list(dict.fromkeys(images))
        self.documents[digest] = DocumentPart(digest, index.raw, index.media_type, "index", (), tuple(images))
        return tuple(images)

    def _manifest(self, manifest: Manifest, descriptor: Descriptor) -> tuple[Digest, ...]:
        digest = descriptor.digest
        key, value = ATTESTATION
        if manifest.is_attestation or descriptor.annotations.get(key) == value:
            self.documents[digest] = self._other(manifest, digest, "attestation")
        elif not manifest.is_image:
            self.documents[digest] = self._other(manifest, digest, "artifact")
        else:
            self.images[digest] = self._image(manifest, digest)
            if len(self.images) > self.limits.images:
                raise LimitExceeded("images", self.limits.images, len(self.images), "index.json")
            return (digest,)
        return ()

    def _image(self, manifest: Manifest, digest: Digest) -> ImagePart:
        where = f"blob {digest}"
        raw = self._document(manifest.config, f"{where}.config")
        config = ImageConfig.parse(raw, f"config {manifest.config.digest}", self.limits)
        if len(config.diff_ids) != len(manifest.layers):
            raise MalformedArchive(
                f"{where} has {len(manifest.layers)} layers, its config {len(config.diff_ids)} diff_ids."
            )
        layers = tuple(self._layers(manifest, config.diff_ids, where))
        return ImagePart(
            raw,
            manifest.config.digest,
            manifest.raw,
            digest,
            manifest.media_type,
            layers,
            (),
            config.platform,
            where,
        )

    def _layers(self, manifest: Manifest, diff_ids: tuple[Digest, ...], where: str) -> Iterator[LayerPart]:
        for at, (descriptor, diff_id) in enumerate(zip(manifest.layers, diff_ids, strict=True)):
            place = f"{where}.layers[{at}]"
            if is_encrypted(descriptor.media_type):
                raise UnsupportedArchive(
                    f"{place} is encrypted ({shown(descriptor.media_type)}): it needs a key."
                )
            part = self._blob(descriptor, place)
            yield layer_part(part, descriptor.media_type, descriptor.digest, diff_id, place, self.notes)

    def _other(self, manifest: Manifest, digest: Digest, kind: DocumentKind) -> DocumentPart:
        blobs = tuple(
            LayerPart(
                self._blob(descriptor, f"blob {digest}"), descriptor.media_type, descriptor.digest, None
            )
            for descriptor in (manifest.config, *manifest.layers)
        )
        return DocumentPart(digest, manifest.raw, manifest.media_type, kind, blobs)

    def _document(self, descriptor: Descriptor, where: str) -> bytes:
        """A small blob, checked."""
        raw = self._blob(descriptor, where).read(self.limits, where)
        descriptor.check(raw, f"blob {descriptor.digest}")
        return raw

    def _blob(self, descriptor: Descriptor, where: str) -> Part:
        """A blob of the right size, found by the digest's place in the layout."""
        digest = descriptor.digest
        if digest.algorithm != "sha256":
            raise UnsupportedArchive(f"{where} names {shown(digest, 40)}: blobs are kept by sha256 only.")
        part = self.source.find(f"blobs/{digest.algorithm}/{digest.hex}")
        if part is None:
            hint = " (what its urls lead to is never fetched)" if descriptor.urls else ""
            raise NotHeld(f"{where} names {digest}, which the archive does not hold{hint}.")
        descriptor.check_size(part.size, where)
        return part


def _named(image: ImagePart, references: list[Reference]) -> ImagePart:
    return image if not references else replace(image, references=tuple(references))
