"""What deleting images would free: the blobs and rows that nothing else needs, counted and not touched.

The rules are those of ``layers.operations.sweep``, followed over what is in
memory; a test holds the answers against real deletions.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from layers.models import (
    Blob,
    Chain,
    Container,
    Edit,
    Image,
    IndexEntry,
    Layer,
    Manifest,
    Reference,
    StoredLayer,
    UpperRow,
)
from layers.models.acting import sees_all
from layers.queries.indexes import images_of_indexes
from layers.queries.sightings import visible_places

Users = defaultdict[int, set[int]]


@dataclass(frozen=True, slots=True)
class Freed:
    """What would go with some images."""

    chain_ids: tuple[str, ...]
    """Of the layers, the top first."""
    digests: tuple[str, ...]
    """Of the blobs."""
    size: int
    """Bytes of the blobs."""
    layers: int
    entries: int
    directories: int
    changes: int

    @property
    def rows(self) -> int:
        """Rows of paths."""
        return self.entries + self.directories + self.changes


class ChainFacts(NamedTuple):
    """What of a chain is asked for."""

    chain_id: str
    layer: int
    depth: int
    directories: int
    changes: int


class Holdings:
    """Who needs what in the library, read once, for many questions.

    To students, who cannot delete, it is told as if there was only what they see.
    """

    def __init__(self) -> None:
        self._config_of = dict(Image.objects.visible().values_list("pk", "config_id"))
        self._images_of_config: Users = defaultdict(set)
        for image, blob in self._config_of.items():
            self._images_of_config[blob].add(image)
        self._read_layers()
        self._read_documents()
        blobs = Blob.objects.values_list("pk", "digest", "size")
        self._blobs = {key: (digest, size) for key, digest, size in blobs}
        containers = {} if sees_all() else {"container__in": Container.objects.visible()}
        written = UpperRow.objects.filter(**containers).exclude(content=None)
        self._pinned = set(written.values_list("content", flat=True))
        kept = Edit.objects.filter(**containers).exclude(blobs=None)
        self._pinned |= set(kept.values_list("blobs", flat=True))

    def _read_layers(self) -> None:
        self._places: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        self._images_of_chain: Users = defaultdict(set)
        self._images_of_layer: Users = defaultdict(set)
        self._images_of_stored: Users = defaultdict(set)
        rows = visible_places()
        for image, *place in rows.values_list("image_id", "chain_id", "layer_id", "stored_id"):
            chain, layer, stored = place
            self._places[image].append((chain, layer, stored))
            self._images_of_chain[chain].add(image)
            self._images_of_layer[layer].add(image)
            self._images_of_stored[stored].add(image)
        self._chains: dict[int, ChainFacts] = {}
        self._chains_of_layer: Users = defaultdict(set)
        columns = ("chain_id", "layer_id", "depth", "directory_count", "change_count")
        for key, *facts in Chain.objects.values_list("pk", *columns):
            if not (sees_all() or key in self._images_of_chain):
                continue
            self._chains[key] = ChainFacts(*facts)
            self._chains_of_layer[facts[1]].add(key)
        building = Chain.objects.exclude(staging="").values_list("lineage", flat=True)
        self._kept_chains = {key for lineage in building for key in lineage}
        self._entries = dict(Layer.objects.values_list("pk", "entry_count"))
        self._blob_of_stored: dict[int, int] = {}
        self._stored_of_blob: dict[int, int] = {}
        self._stored_of_layer: Users = defaultdict(set)
        for stored, layer, blob in StoredLayer.objects.values_list("pk", "layer_id", "blob_id"):
            if not (sees_all() or stored in self._images_of_stored):
                continue
            self._blob_of_stored[stored], self._stored_of_blob[blob] = blob, stored
            self._stored_of_layer[layer].add(stored)

    def _read_documents(self) -> None:
        self._manifests: Users = defaultdict(set)
        self._own_blob: dict[int, int] = {}
        self._document_of_blob: dict[int, int] = {}
        self._kinds: dict[int, str] = {}
        documents = Manifest.objects.visible()
        for key, blob, kind, image in documents.values_list("pk", "blob_id", "kind", "image_id"):
            self._own_blob[key], self._kinds[key] = blob, kind
            self._document_of_blob[blob] = key
            if image is not None:
                self._manifests[image].add(key)
        self._named: Users = defaultdict(set)
        self._naming: Users = defaultdict(set)
        for manifest, blob in Manifest.blobs.through.objects.values_list("manifest_id", "blob_id"):
            if manifest not in self._own_blob:
                continue
            self._named[manifest].add(blob)
            self._naming[blob].add(manifest)
        edges = IndexEntry.objects.exclude(manifest=None).values_list("index_id", "manifest_id")
        self._edges = [edge for edge in edges if self._own_blob.keys() >= set(edge)]
        self._members = self._images_of_indexes() if self._edges else {}
        self._in_an_index = {image for images in self._members.values() for image in images}
        named = Reference.objects.visible().exclude(index=None)
        self._references = list(named.values_list("image_id", "index_id"))

    def _images_of_indexes(self) -> dict[int | None, set[int]]:
        found = images_of_indexes()
        return {
            index: images & self._config_of.keys()
            for index, images in found.items()
            if index in self._own_blob
        }

    def freed(self, images: Collection[int]) -> Freed:
        """What goes when these images do, by their keys."""
        gone = set(images)
        places = [place for image in gone for place in self._places[image]]
        chains = {chain for chain, _, _ in places if self._images_of_chain[chain] <= gone} - self._kept_chains
        layers = {
            layer
            for _, layer, _ in places
            if self._images_of_layer[layer] <= gone and self._chains_of_layer[layer] <= chains
        }
        documents = self._dead_documents(gone)
        blobs = self._dead_blobs(gone, layers, {stored for _, _, stored in places}, documents)
        ordered = sorted((self._chains[chain] for chain in chains), key=lambda facts: -facts.depth)
        return Freed(
            chain_ids=tuple(facts.chain_id for facts in ordered),
            digests=tuple(sorted(self._blobs[blob][0] for blob in blobs)),
            size=sum(self._blobs[blob][1] for blob in blobs),
            layers=len(layers),
            entries=sum(self._entries[layer] for layer in layers),
            directories=sum(facts.directories for facts in ordered),
            changes=sum(facts.changes for facts in ordered),
        )

    def _dead_documents(self, gone: set[int]) -> set[int]:
        """The manifests of the images, indexes in which no image is left, and what only they list."""
        dead = {manifest for image in gone for manifest in self._manifests[image]}
        if not gone & self._in_an_index:
            return dead
        edges = [(index, manifest) for index, manifest in self._edges if manifest not in dead]
        live = {index for index, members in self._members.items() if index is not None and members - gone}
        live |= {index for image, index in self._references if image not in gone}
        size = -1
        while size < len(live):
            size = len(live)
            live |= {manifest for index, manifest in edges if index in live}
        listed = {manifest for _, manifest in edges}
        for key, kind in self._kinds.items():
            is_loose = key in listed or kind == Manifest.Kind.INDEX
            if kind != Manifest.Kind.IMAGE and key not in live and is_loose:
                dead.add(key)
        return dead

    def _dead_blobs(
        self, gone: set[int], layers: set[int], used: Iterable[int], documents: set[int]
    ) -> set[int]:
        """Blobs of what goes that nothing else names."""
        named = {blob for document in documents for blob in self._named[document]}
        used = {*used, *(self._stored_of_blob[blob] for blob in named if blob in self._stored_of_blob)}
        stored = {each for layer in layers for each in self._stored_of_layer[layer]}
        stored |= {
            each
            for each in used
            if self._images_of_stored[each] <= gone and self._naming[self._blob_of_stored[each]] <= documents
        }
        candidates = {self._config_of[image] for image in gone}
        candidates |= {self._own_blob[document] for document in documents}
        candidates |= named
        candidates |= {self._blob_of_stored[each] for each in stored}
        return {
            blob
            for blob in candidates - self._pinned
            if self._images_of_config[blob] <= gone
            and self._naming[blob] <= documents
            and self._stored_of_blob.get(blob) in {None, *stored}
            and self._document_of_blob.get(blob) in {None, *documents}
        }
