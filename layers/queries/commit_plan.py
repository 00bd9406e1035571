"""What a commit of a container would write, worked out and not written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time_ns
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from layers.models import Chain, Container, Image, StoredLayer
from layers.models import Manifest as ManifestRow
from layers.oci.changes import FORMS, apply_changes, parse_changes
from layers.oci.changeset.entry import Member
from layers.oci.commit import command_of, container_runtime, go_time, history_row, new_config
from layers.oci.config import ImageConfig, parse_created
from layers.oci.descriptor import Descriptor
from layers.oci.digest import Digest
from layers.oci.manifest import Manifest, parse_manifest
from layers.oci.mediatype import layer_type
from layers.oci.unionfs.leftover import left_over
from layers.oci.unionfs.mergedview import MergedView, UpperEntry
from layers.oci.unionfs.uppermembers import upper_members
from layers.queries.containers import ContainerNotFound
from layers.queries.stored import read_stored
from layers.queries.uppers import lower_of, read_entries

BEGINNING: Final = "1970-01-01T00:00:00Z"
NANOSECONDS: Final = 10**9


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """How a commit is wished for."""

    author: str = ""
    message: str = ""
    changes: Sequence[str] = ()
    """Dockerfile lines, applied after those the container keeps."""
    leave_out: Collection[bytes] = ()
    """Paths that the layer does not get, nor what is below them."""
    reproducible: bool = False
    """The same edits give the same image: no time is later than ``created``, no container is named."""
    created: str = ""
    """RFC 3339; empty for now, or if it is to be reproducible for the time of the base."""


@dataclass(frozen=True, slots=True)
class CommitPlan:
    """A container at one revision, and the image it would become."""

    container: Container
    """As it was at ``revision``."""
    revision: int
    base: ImageConfig
    started: Mapping[str, object]
    """The config object of the container; it says nothing of the new image's."""
    runtime: Mapping[str, object]
    """The new image's: ``started`` and the changes to it."""
    members: Sequence[tuple[Member, UpperEntry]]
    """In path order, each with the entry that says where its content is."""
    left: Sequence[UpperEntry]
    """What the container keeps of its upper if it moves to the new image: what is left out."""
    created: str
    options: CommitOptions

    @property
    def container_id(self) -> str:
        return "" if self.options.reproducible else self.container.container_id

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to make a layer of."""
        return not self.members

    def history_row(self) -> dict[str, object]:
        return history_row(
            created=self.created,
            created_by=command_of(self.started),
            author=self.options.author,
            comment=self.options.message,
            is_empty=self.is_empty,
        )

    def config(self, diff_id: Digest | None) -> bytes:
        """The new image's config; its digest is the image ID."""
        return new_config(
            self.base,
            diff_id=diff_id,
            created=self.created,
            author=self.options.author,
            comment=self.options.message,
            runtime=self.runtime,
            started=self.started,
            container_id=self.container_id,
        )


def plan_commit(container: Container, options: CommitOptions) -> CommitPlan:
    """The plan for the container as it is now.

    Raises:
        ContainerNotFound: it has been removed.
        InvalidChange: a line that docker refuses.
    """
    now, revision, entries = snapshot(container)
    base = config_of(now.image)
    container_id = "" if options.reproducible else now.container_id
    started = container_runtime(base, container_id, now.image.image_id)
    changes = parse_changes([*now.config_changes, *options.changes], allowed=FORMS)
    created = options.created or (created_again(base) if options.reproducible else created_now())
    moment = parse_created(created)
    clamp = int(moment.timestamp()) if moment is not None and options.reproducible else None
    left = frozenset(path.strip(b"/") for path in options.leave_out)
    members = upper_members(MergedView(lower_of(now.image), entries, settings.LIMITS), clamp, left)
    return CommitPlan(
        now,
        revision,
        base,
        started,
        apply_changes(started, changes),
        members,
        left_over(entries, left),
        created,
        options,
    )


def created_now() -> str:
    """This moment, to the nanosecond."""
    seconds, rest = divmod(time_ns(), NANOSECONDS)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    return go_time(moment, rest % 1000)


def created_again(base: ImageConfig) -> str:
    """The same time for every commit on a base: that of the base."""
    return base.created if parse_created(base.created) else BEGINNING


def snapshot(container: Container) -> tuple[Container, int, Mapping[bytes, UpperEntry]]:
    """The container's row and its upper at one and the same revision. Raises ``ContainerNotFound``."""
    while True:
        now = (
            Container.objects.select_related("image__config", "image__chain").filter(pk=container.pk).first()
        )
        if now is None:
            raise ContainerNotFound(_("No such container: %(text)s") % {"text": container.name})
        revision, entries = read_entries(now.pk)
        if revision == now.revision:
            return now, revision, entries


def config_of(image: Image) -> ImageConfig:
    """The image's config, parsed. Raises ``ContentMissing``, ``DigestMismatch``."""
    return ImageConfig.parse(b"".join(read_stored(image.config)), image.image_id, settings.LIMITS)


def base_layers(image: Image) -> tuple[Manifest | None, list[Descriptor], list[Chain]]:
    """What a new image stands on: the newest manifest of the image, its layers' forms, and their chains.

    Without a manifest, or where the library lacks a form it names, the forms are
    those in which the layers were first imported.
    """
    rows = list(image.image_layers.select_related("stored__blob", "chain__layer").order_by("position"))
    chains = [row.chain for row in rows]
    for manifest in image.manifests.visible().select_related("blob").order_by("-pk"):
        parsed = _as_described(manifest, chains)
        if parsed is not None:
            return parsed, list(parsed.layers), chains
    forms = [row.stored for row in rows]
    described = [
        Descriptor(
            form.media_type or layer_type(form.compression), Digest.parse(form.blob.digest), form.blob.size
        )
        for form in forms
    ]
    return None, described, chains


def _as_described(row: ManifestRow, chains: Sequence[Chain]) -> Manifest | None:
    """The manifest, if it is one of these layers in forms that are kept."""
    raw = b"".join(read_stored(row.blob))
    parsed = parse_manifest(raw, row.media_type or None, "manifest", settings.LIMITS)
    if not isinstance(parsed, Manifest) or len(parsed.layers) != len(chains):
        return None
    forms = StoredLayer.objects.filter(blob__digest__in=[layer.digest for layer in parsed.layers])
    held = dict(forms.values_list("blob__digest", "layer"))
    fits = all(
        held.get(layer.digest) == chain.layer_id for layer, chain in zip(parsed.layers, chains, strict=True)
    )
    return parsed if fits else None
