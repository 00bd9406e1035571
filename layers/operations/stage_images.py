"""The images of an archive, read from the bottom up and written where nobody sees them yet."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from layers.models import Chain, Layer, StoredLayer
from layers.models.bulk import reserve_numbers
from layers.oci.archive.parts import Contents, DocumentPart, ImagePart, LayerPart, Part
from layers.oci.archive.rootfs import rootfs_config
from layers.oci.changeset.paths import as_text
from layers.oci.config import ImageConfig, chain_ids
from layers.oci.digest import Digest
from layers.oci.errors import LimitExceeded
from layers.oci.limits import Limits
from layers.oci.mediatype import layer_type
from layers.oci.unionfs.extract import LayerTree
from layers.oci.unionfs.overlay import lay
from layers.oci.unionfs.tree import Tree
from layers.operations.commit_import import ARCHITECTURES, Overtaken
from layers.operations.open_archive import OpenArchive
from layers.operations.progress import Progress, Report
from layers.operations.read_layer import LayerReader, ReadLayer, check, stored_range
from layers.operations.staged_import import StagedImage, StagedImport, StagedLayer
from layers.operations.write_layer import write_chain, write_layer
from layers.queries.directories import load_directory
from layers.storage import Staging

IMPORTED = "Imported from -"
"""What ``docker import`` notes as the comment."""


class Stager:
    """One attempt at an import: what it has read and written so far."""

    def __init__(self, staging: Staging, limits: Limits, report: Report) -> None:
        self.staging = staging
        self.limits = limits
        self.report = report
        self.reader = LayerReader(limits)
        self.layers: dict[str, Layer] = {}
        self.chains: dict[str, Chain] = {}
        self.stored: dict[str, StagedLayer] = {}
        self.fidelity: list[dict[str, str]] = []
        self.done = self.total = 0
        self._tree: Tree | None = None
        self._tree_chain: Chain | None = None

    def stage(self, archive: OpenArchive, contents: Contents) -> StagedImport:
        """Read everything, write everything, show nothing yet."""
        with self.reader:
            return self._stage(archive, contents)

    def _stage(self, archive: OpenArchive, contents: Contents) -> StagedImport:
        for where, path, note in contents.notes:
            self._note(where, path, note)
        images = [] if contents.rootfs is None else [self._rootfs(archive, contents.rootfs)]
        self.total = sum(layer.part.size for image in contents.images for layer in image.layers)
        images += [self._image(image) for image in contents.images]
        for document in contents.documents:
            self._document_blobs(document)
        self._report("index", "")
        return StagedImport(
            images, contents.documents, contents.index_of, self.stored, self.layers, self.chains
        )

    def stage_above(self, below: Sequence[tuple[str, Chain]], image: ImagePart) -> StagedImport:
        """``image``, whose lowest layers the library has: their stored digests and chains, bottom first.

        Only the layers above them are read.

        Raises:
            Overtaken: one of them is not kept any more.
        """
        for digest, chain in below:
            self.chains[chain.chain_id] = chain
            self.layers[chain.layer.diff_id] = chain.layer
            if not self.staging.claim(digest):
                raise Overtaken
        with self.reader:
            staged = self._image(image, below)
        return StagedImport([staged], (), {}, self.stored, self.layers, self.chains)

    def _rootfs(self, archive: OpenArchive, layer: LayerPart) -> StagedImage:
        """The image that ``docker import`` makes of a root filesystem."""
        if archive.original is not None:
            size = archive.original.seek(0, 2)
            layer = replace(layer, part=Part(layer.part.name, 0, size, archive.original))
        self.total = layer.part.size
        read = self.reader.read(layer, self._copier(layer), self._advance("layer 1 of 1"))
        created = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        machine = platform.machine()
        raw = rootfs_config(Digest(read.diff_id), created, IMPORTED, ARCHITECTURES.get(machine, machine))
        config = ImageConfig.parse(raw, "the new config", self.limits)
        chain = self._chain(read.diff_id) or self._lay(read, None, read.diff_id, "layer 0")
        self._keep(replace(layer, media_type=layer_type(read.compression)), read.digest, read)
        return StagedImage(config, None, "", (), [(read.digest, chain)])

    def _image(self, image: ImagePart, below: Sequence[tuple[str, Chain]] = ()) -> StagedImage:
        """One image, its layers from the bottom up; those of ``below`` are in place."""
        config = ImageConfig.parse(image.config, image.where, self.limits)
        for sentence in config.odd:
            self._note(image.where, "", sentence)
        placed = list(below)
        unpacked = sum(unpacked_size(chain.layer) for _, chain in below)
        entries = sum(chain.layer.entry_count for _, chain in below)
        parent = below[-1][1] if below else None
        count = len(config.diff_ids)
        above = zip(image.layers, chain_ids(config.diff_ids)[len(below) :], strict=True)
        for position, (layer, chain_id) in enumerate(above, len(below)):
            digest, parent = self._layer(
                layer, parent, chain_id, f"layer {position}", f"layer {position + 1} of {count}"
            )
            placed.append((digest, parent))
            unpacked += unpacked_size(parent.layer)
            entries += parent.layer.entry_count
            self._bound("unpacked_size", self.limits.unpacked_size, unpacked, image.where)
            self._bound("image_entries", self.limits.image_entries, entries, image.where)
        return StagedImage(config, image.manifest, image.manifest_media_type, image.references, placed)

    def _bound(self, name: str, allowed: int, found: int, where: str) -> None:
        if found > allowed:
            raise LimitExceeded(name, allowed, found, where)

    def _layer(
        self, layer: LayerPart, parent: Chain | None, chain_id: str, where: str, detail: str
    ) -> tuple[str, Chain]:
        """A layer on its parent: recognised by its bytes where the library has both, else read."""
        chain = self._chain(chain_id)
        if chain is not None and (digest := self._recognise(layer, chain.layer, detail)):
            return digest, chain
        read = self.reader.read(layer, self._copier(layer), self._advance(detail))
        self.done += layer.part.size
        chain = chain or self._lay(read, parent, chain_id, where)
        self._keep(layer, read.digest, read)
        return read.digest, chain

    def _chain(self, chain_id: str) -> Chain | None:
        """The chain, if the library or this import has it already."""
        chain = self.chains.get(chain_id)
        if chain is None:
            chain = Chain.objects.select_related("layer").filter(chain_id=chain_id, staging="").first()
            if chain is not None:
                self.chains[chain_id] = chain
                self.layers[chain.layer.diff_id] = chain.layer
        return chain

    def _recognise(self, part: LayerPart, layer: Layer, detail: str) -> str | None:
        """The digest of a layer whose stored form is kept already: its bytes are hashed, not walked."""
        digest = stored_range(part).digest(self._advance(detail))
        check(part, digest, None)
        if digest in self.stored:
            known = self.stored[digest].diff_id == layer.diff_id
        else:
            kept = StoredLayer.objects.filter(blob__digest=digest, layer__diff_id=layer.diff_id)
            known = kept.filter(layer__staging="").exists() and self.staging.claim(digest)
        if known:
            self.done += part.part.size
        return digest if known else None

    def _lay(self, read: ReadLayer, parent: Chain | None, chain_id: str, where: str) -> Chain:
        """Write a layer's rows, unless they are there, and those of its chain."""
        layer, unpacked = self._entries(read)
        tree = self._tree if self._tree is not None and self._tree_chain == parent else self._load(parent)
        overlay = lay(tree, unpacked)
        for path, note in [*unpacked.notes, *overlay.notes]:
            self._note(where, as_text(path), note)
        chain = write_chain(overlay, layer=layer, parent=parent, chain_id=chain_id, staging=self.staging.uuid)
        self.chains[chain_id] = chain
        self._tree, self._tree_chain = tree, chain
        return chain

    def _entries(self, read: ReadLayer) -> tuple[Layer, LayerTree]:
        """The layer's rows, new or known; the same tar always numbers its entries alike."""
        layer = (
            self.layers.get(read.diff_id) or Layer.objects.filter(diff_id=read.diff_id, staging="").first()
        )
        if layer is not None:
            self.layers[read.diff_id] = layer
            return layer, read.extractor.finish(layer.first_entry)
        count = read.extractor.count()
        self._report("index", f"{count} entries")
        first = reserve_numbers("entry", count)
        unpacked = read.extractor.finish(first)
        layer = write_layer(unpacked, diff_id=read.diff_id, tar_size=read.tar_size, staging=self.staging.uuid)
        self.layers[read.diff_id] = layer
        return layer, unpacked

    def _load(self, parent: Chain | None) -> Tree:
        """The tree below a layer: empty at the bottom, else fetched as it is needed."""
        if parent is None:
            return Tree()
        lineage = parent.lineage
        return Tree(lambda path: load_directory(lineage, path))

    def _keep(self, part: LayerPart, digest: str, read: ReadLayer) -> None:
        """Remember the staged bytes, to be published with the rest."""
        if digest not in self.stored:
            self.stored[digest] = StagedLayer(
                digest, read.seal, read.diff_id, read.size, part.media_type, read.compression, read.path
            )

    def _document_blobs(self, document: DocumentPart) -> None:
        """The content of an attestation or artifact: kept, checked, not read as a layer."""
        for part in document.blobs:
            digest = stored_range(part).digest()
            check(part, digest, None)
            if not self.staging.claim(digest):
                self.staging.publish(self._copier(part)(), digest)

    def _copier(self, layer: LayerPart) -> Callable[[], Path]:
        part = layer.part
        return lambda: self.staging.copy_from(part.file, part.offset, part.size)

    def _advance(self, detail: str) -> Callable[[int], None]:
        """A counter of the bytes of one layer, added to those of the layers before."""
        return lambda count: self.report(Progress("verify", self.done + count, self.total, detail))

    def _report(self, stage: str, detail: str) -> None:
        self.report(Progress(stage, self.done, self.total, detail))

    def _note(self, where: str, path: str, note: str) -> None:
        self.fidelity.append({"where": where, "path": path, "note": note})


def unpacked_size(layer: Layer) -> int:
    """Bytes of a layer as a limit counts them: of sparse files, their holes too."""
    return max(layer.tar_size, layer.content_size)
