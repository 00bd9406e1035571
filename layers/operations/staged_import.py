"""An import as far as it is written: rows that nobody sees yet, blobs that wait to be published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layers.models import Chain, Layer
from layers.oci.archive.parts import DocumentPart
from layers.oci.config import ImageConfig
from layers.oci.digest import Digest
from layers.oci.reference import Reference as Name


@dataclass(frozen=True, slots=True)
class StagedLayer:
    """A layer's stored bytes, waiting to be published."""

    digest: str
    seal: bytes
    diff_id: str
    size: int
    media_type: str
    compression: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class StagedImage:
    """An image all of whose layers are written."""

    config: ImageConfig
    manifest: bytes | None
    manifest_media_type: str
    references: tuple[Name, ...]
    layers: list[tuple[str, Chain]]
    """The digest of the stored bytes, and the chain, from the bottom up."""


@dataclass(frozen=True, slots=True)
class StagedImport:
    """All that an import is about to show."""

    images: Sequence[StagedImage]
    documents: Sequence[DocumentPart]
    index_of: Mapping[Name, Digest]
    stored: Mapping[str, StagedLayer]
    layers: Mapping[str, Layer]
    chains: Mapping[str, Chain]

    def raws(self) -> Iterator[bytes]:
        """The small documents: configs, manifests, indexes."""
        for image in self.images:
            yield image.config.raw
            if image.manifest is not None:
                yield image.manifest
        for document in self.documents:
            yield document.raw
