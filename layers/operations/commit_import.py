"""The end of an import: publish its blobs, then show its images in one transaction."""

import platform
from collections.abc import Callable, Collection, Sequence

from django.conf import settings
from django.db import transaction

from layers.models import (
    Blob,
    Chain,
    HistoryRow,
    Image,
    ImageLayer,
    IndexEntry,
    Layer,
    Manifest,
    Reference,
    StoredLayer,
)
from layers.models.acting import acting_user, is_student
from layers.models.imagerows import history_rows, storable
from layers.oci.archive.parts import DocumentPart
from layers.oci.digest import Digest
from layers.oci.limits import Limits
from layers.oci.manifest import Index, parse_manifest
from layers.oci.reference import Reference as Name
from layers.operations.own_names import own_name
from layers.operations.staged_import import StagedImage, StagedImport
from layers.queries.quota import check_quota
from layers.storage import Staging, boot_id

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


class Overtaken(Exception):
    """What this import relied on, or was about to show, has been deleted or shown by another."""


def commit_import(
    staging: Staging, staged: StagedImport, limits: Limits, finish: Callable[[list[Image]], object] = len
) -> tuple[list[Image], list[Reference]]:
    """Make everything visible, or nothing; ``finish`` is called with the images in the same transaction.

    Raises:
        Overtaken: another process came in between; discard the staging and start over.
        LimitExceeded: a student would have more than allowed.
    """
    publish(staging, staged)
    return show(staging, staged, limits, finish)


def show(
    staging: Staging, staged: StagedImport, limits: Limits, finish: Callable[[list[Image]], object] = len
) -> tuple[list[Image], list[Reference]]:
    """The second half of :func:`commit_import`, once all is published."""
    with transaction.atomic():
        _settle(staging.uuid, staged)
        shelf = Shelf(staged, limits, staging.published)
        images = [shelf.image(image) for image in staged.images]
        for document in staged.documents:
            shelf.document(document)
        for document in staged.documents:
            shelf.entries(document)
        names = shelf.names(images)
        check_quota()
        finish(images)
        return images, names


def publish(staging: Staging, staged: StagedImport) -> None:
    """Move the blobs into the store; until the commit, the staging's journal answers for them."""
    for layer in staged.stored.values():
        if layer.path is not None:
            staging.publish(layer.path, layer.digest)
    for raw in staged.raws():
        digest = Digest.of(raw)
        if not staging.claim(digest):
            staging.publish(staging.write(raw), digest)


def _settle(staging: str, staged: StagedImport) -> None:
    """Turn what is staged visible, after a last look at what it stands on.

    Raises:
        Overtaken: something it relies on is gone, or something it brings is there.
    """
    for model, rows, name in ((Layer, staged.layers, "diff_id"), (Chain, staged.chains, "chain_id")):
        known = [row.pk for row in rows.values() if not row.staging]
        if model.objects.select_for_update().filter(pk__in=known, staging="").count() != len(known):
            raise Overtaken
        new = [getattr(row, name) for row in rows.values() if row.staging]
        if model.objects.filter(staging="", **{f"{name}__in": new}).exists():
            raise Overtaken
        model.objects.filter(staging=staging).update(staging="")


class Shelf:
    """Writes the rows of an import, inside its one transaction."""

    def __init__(self, staged: StagedImport, limits: Limits, published: Collection[str]) -> None:
        self.staged = staged
        self.published = published
        self.limits = limits
        self.boot = "" if settings.DURABILITY == "strict" else boot_id()
        self._stored: dict[str, StoredLayer] = {}

    def blob(self, digest: str, size: int, seal: bytes | None = None) -> Blob:
        """The row of a blob; one that was there, and whose file is new, waits to be synced again."""
        defaults = {"size": size, "boot": self.boot, "seal": seal}
        blob, is_new = Blob.objects.get_or_create(digest=digest, defaults=defaults)
        if not is_new and digest in self.published:
            Blob.objects.filter(pk=blob.pk).update(boot=self.boot)
        return blob

    def document_blob(self, raw: bytes) -> Blob:
        return self.blob(Digest.of(raw), len(raw))

    def stored_layer(self, digest: str) -> StoredLayer:
        """The stored form of a layer, new or known."""
        if digest not in self._stored:
            item = self.staged.stored.get(digest)
            if item is None:
                kept = StoredLayer.objects.filter(blob__digest=digest).first()
                if kept is None:
                    raise Overtaken
                self._stored[digest] = kept
            else:
                self._stored[digest] = StoredLayer.objects.get_or_create(
                    blob=self.blob(digest, item.size, item.seal),
                    defaults={
                        "layer": self.staged.layers[item.diff_id],
                        "media_type": item.media_type,
                        "compression": item.compression,
                    },
                )[0]
        return self._stored[digest]

    def image(self, staged: StagedImage) -> Image:
        """The image with its layers, history and manifest; one that is known keeps its rows."""
        config = staged.config
        image, is_new = Image.objects.get_or_create(
            image_id=config.digest,
            defaults={
                "config": self.document_blob(config.raw),
                "chain": staged.layers[-1][1] if staged.layers else None,
                "os": storable(config.os),
                "architecture": storable(config.architecture),
                "variant": storable(config.variant),
                "created": storable(config.created),
                "author": storable(config.author),
                "size": sum(chain.layer.content_size for _, chain in staged.layers),
            },
        )
        self._hold(image, is_new)
        stored = [self.stored_layer(digest) for digest, _ in staged.layers]
        if is_new:
            self._layers(image, staged, stored)
            HistoryRow.objects.bulk_create(history_rows(image, config, len(stored)))
        if staged.manifest is not None:
            self._manifest(image, staged, staged.manifest, stored)
        return image

    def _hold(self, thing: Image | Manifest, is_new: bool) -> None:
        """What a student brings is theirs alone, unless it is there for all; what others bring is for all."""
        user = acting_user()
        if user is not None and is_student():
            thing.holders.add(user)
        if is_new or not is_student():
            thing.is_shared = not is_student()
            thing.save(update_fields=["is_shared"])

    def _layers(self, image: Image, staged: StagedImage, stored: Sequence[StoredLayer]) -> None:
        ImageLayer.objects.bulk_create(
            ImageLayer(image=image, position=position, layer=chain.layer, stored=form, chain=chain)
            for position, ((_, chain), form) in enumerate(zip(staged.layers, stored, strict=True))
        )

    def _manifest(self, image: Image, staged: StagedImage, raw: bytes, stored: Sequence[StoredLayer]) -> None:
        manifest, is_new = Manifest.objects.get_or_create(
            blob=self.document_blob(raw),
            defaults={
                "kind": Manifest.Kind.IMAGE,
                "media_type": storable(staged.manifest_media_type)[:255],
                "image": image,
            },
        )
        self._hold(manifest, is_new)
        manifest.blobs.set([image.config, *{form.blob_id: form.blob for form in stored}.values()])

    def document(self, document: DocumentPart) -> Manifest:
        """An index, an attestation, or another artifact, with the blobs it names."""
        manifest, is_new = Manifest.objects.get_or_create(
            blob=self.document_blob(document.raw),
            defaults={"kind": document.kind, "media_type": storable(document.media_type)[:255]},
        )
        self._hold(manifest, is_new)
        manifest.blobs.set([self.blob(part.digest, part.part.size) for part in document.blobs if part.digest])
        return manifest

    def entries(self, document: DocumentPart) -> None:
        """The descriptors of an index, each with the manifest it names, if that is here and theirs to see."""
        if document.kind != "index":
            return
        index = Manifest.objects.get(blob__digest=document.digest)
        for entry in index.entries.filter(manifest=None):
            # It was not here before, or has been deleted since.
            entry.manifest = manifest_named(entry.digest)
            entry.save(update_fields=["manifest"])
        if index.entries.exists():
            return
        parsed = parse_manifest(document.raw, document.media_type, "index", self.limits)
        for position, descriptor in enumerate(parsed.manifests if isinstance(parsed, Index) else ()):
            IndexEntry.objects.create(
                index=index,
                position=position,
                manifest=manifest_named(descriptor.digest),
                digest=descriptor.digest,
                platform=storable(str(descriptor.platform or ""))[:255],
                annotations={storable(key): storable(value) for key, value in descriptor.annotations.items()},
            )

    def names(self, images: Sequence[Image]) -> list[Reference]:
        """Move every name of the archive to its image; a name of an index goes to the host's platform."""
        moved: dict[Name, tuple[Image, Manifest | None]] = {}
        for staged, image in zip(self.staged.images, images, strict=True):
            for name in staged.references:
                moved[name] = image, None
        for name, digest in self.staged.index_of.items():
            seen = set(Image.objects.visible().values_list("pk", flat=True))
            index = Manifest.objects.get(blob__digest=digest)
            below = [image for image in images_below(index) if image.pk in seen]
            if below:
                moved[name] = host_first(below)[0], index
        return [self._name(name, image, index) for name, (image, index) in moved.items()]

    def _name(self, name: Name, image: Image, index: Manifest | None) -> Reference:
        name = own_name(name.with_default_tag())
        return Reference.objects.update_or_create(
            repository=name.repository, tag=name.tag, defaults={"image": image, "index": index}
        )[0]


def manifest_named(digest: str) -> Manifest | None:
    """The document of that digest; None for one that is not here, or only among what others brought."""
    return Manifest.objects.visible().filter(blob__digest=digest).first()


def images_below(index: Manifest) -> list[Image]:
    """The images of an index and of the indexes in it, in their order."""
    found: list[Image] = []
    for entry in index.entries.select_related("manifest__image"):
        manifest = entry.manifest
        if manifest is not None and manifest.kind == Manifest.Kind.INDEX:
            found += images_below(manifest)
        elif manifest is not None and manifest.image is not None:
            found.append(manifest.image)
    return found


def host_first(images: Sequence[Image]) -> list[Image]:
    """``images`` with those for this machine's processor in front."""
    machine = platform.machine()
    return sorted(images, key=lambda image: image.architecture != ARCHITECTURES.get(machine, machine))
