"""Manifests and indexes: which blobs make an image, which images share a name."""

from collections.abc import Mapping
from dataclasses import dataclass

from layers.oci.descriptor import Descriptor, annotations_of
from layers.oci.digest import Digest
from layers.oci.errors import LimitExceeded, MalformedJSON, shown
from layers.oci.limits import Limits
from layers.oci.mediatype import (
    CONFIGS,
    INDEXES,
    MANIFESTS,
    OCI_INDEX,
    OCI_MANIFEST,
    is_attestation_content,
)
from layers.oci.strictjson import as_list, as_object, as_text, kind, loads


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image, or an artifact in an image's clothes. ``raw`` is what its digest names."""

    raw: bytes
    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str]
    artifact_type: str = ""

    @property
    def digest(self) -> Digest:
        return Digest.of(self.raw)

    @property
    def is_image(self) -> bool:
        """Whether its layers are a file system: told by the config's type, and by none being a statement."""
        if any(is_attestation_content(layer.media_type) for layer in self.layers):
            return False
        return self.config.media_type in CONFIGS and self.artifact_type in ("", self.config.media_type)

    @property
    def is_attestation(self) -> bool:
        """Whether all it holds are statements about an image (provenance, bill of materials)."""
        return bool(self.layers) and all(is_attestation_content(layer.media_type) for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Index:
    """Several manifests (or indexes), most often one a platform."""

    raw: bytes
    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str]

    @property
    def digest(self) -> Digest:
        return Digest.of(self.raw)


def parse_manifest(raw: bytes, media_type: str | None, where: str, limits: Limits) -> Manifest | Index:
    """The document in ``raw``; ``media_type`` is what the descriptor that led here says of it.

    What it is must be said once: a document with both ``layers`` and
    ``manifests``, or two media types, is read differently by different readers.

    Raises:
        MalformedJSON, InvalidDigest, DigestMismatch, LimitExceeded: naming ``where`` and the field.
    """
    members = as_object(loads(raw, where, limits), where)
    version = members.get("schemaVersion")
    if version != 2 or isinstance(version, bool | float):
        found = version if isinstance(version, int) else kind(version)
        raise MalformedJSON(f"{where}.schemaVersion is {found}: only 2 is known.")
    return _build(raw, members, _document_type(members, media_type, where), where, limits)


def _document_type(members: Mapping[str, object], promised: str | None, where: str) -> str:
    """The one media type that the fields, the document and the descriptor agree on."""
    is_index = "manifests" in members
    if is_index and ("layers" in members or "config" in members):
        raise MalformedJSON(
            f"{where} holds both 'manifests' and 'layers' or 'config': is it an index or an image?"
        )
    if not is_index and "config" not in members:
        raise MalformedJSON(
            f"{where} holds neither 'manifests' nor 'config': it is no index and no manifest."
        )
    said = as_text(members.get("mediaType"), f"{where}.mediaType")
    if said and promised and said != promised:
        raise MalformedJSON(f"{where}.mediaType is {shown(said)}, yet its descriptor says {shown(promised)}.")
    found = said or promised or (OCI_INDEX if is_index else OCI_MANIFEST)
    if found not in (INDEXES if is_index else MANIFESTS):
        what = "an index" if is_index else "a manifest"
        raise MalformedJSON(f"{where} is {what}, yet its media type is {shown(found)}.")
    return found


def _build(
    raw: bytes, members: Mapping[str, object], media_type: str, where: str, limits: Limits
) -> Manifest | Index:
    annotations = annotations_of(members, where)
    if media_type in INDEXES:
        if members["manifests"] is None:
            raise MalformedJSON(f"{where}.manifests is null, not a list.")
        entries = _descriptors(members, "manifests", where, "index_entries", limits.index_entries)
        return Index(raw, media_type, entries, annotations)
    config = Descriptor.parse(members["config"], f"{where}.config")
    layers = _descriptors(members, "layers", where, "layers", limits.layers)
    artifact_type = as_text(members.get("artifactType"), f"{where}.artifactType")
    return Manifest(raw, media_type, config, layers, annotations, artifact_type)


def _descriptors(
    members: Mapping[str, object], name: str, where: str, limit: str, allowed: int
) -> tuple[Descriptor, ...]:
    items = as_list(members.get(name), f"{where}.{name}")
    if len(items) > allowed:
        raise LimitExceeded(limit, allowed, len(items), where)
    return tuple(Descriptor.parse(item, f"{where}.{name}[{at}]") for at, item in enumerate(items))
