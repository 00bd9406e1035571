"""Commit a container: its edits as one layer more, its image's layers untouched.

The new layer goes the way of an imported one: written to a staging, read back,
indexed out of sight, shown in one transaction.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote_from_bytes

from django.conf import settings
from django.utils.translation import gettext as _

from layers.models import Commit, Container, Image
from layers.oci.archive.parts import ImagePart, LayerPart, Part
from layers.oci.changeset.chunks import gathered
from layers.oci.changeset.writer import write_changeset
from layers.oci.commit import go_time, layer_type_beside, new_manifest
from layers.oci.config import ImageConfig
from layers.oci.descriptor import Descriptor
from layers.oci.digest import Digest
from layers.oci.manifest import Manifest
from layers.oci.reference import Reference
from layers.operations.attempts import commit_staged
from layers.operations.clean_abandoned import clean_abandoned
from layers.operations.editing import EditConflict, holding
from layers.operations.keep_left_out import keep_left_out
from layers.operations.own_names import check_name
from layers.operations.progress import Report
from layers.operations.record_audit import record_audit
from layers.operations.reset_container import forget_edits
from layers.operations.settle_blobs import outlive_power_cut
from layers.operations.stage_images import Stager
from layers.operations.staged_import import StagedImport
from layers.operations.sweep import sweep
from layers.queries.access import check_change
from layers.queries.commit_plan import CommitOptions, CommitPlan, base_layers, plan_commit
from layers.queries.upper_content import UpperContents
from layers.storage import Staging

WHERE = "the new layer"


def commit_container(
    *,
    container: Container,
    reference: Reference | None = None,
    author: str = "",
    message: str = "",
    changes: Sequence[str] = (),
    leave_out: Collection[bytes] = (),
    reproducible: bool = False,
    created: datetime | None = None,
    move_container: bool = False,
    revision: int | None = None,
    progress: Report | None = None,
) -> Image:
    """The image of the container as it is: one layer more, or a history row alone if nothing was edited.

    ``reference`` names it, whatever it named before. With ``move_container`` the
    container stands on the new image afterwards, with nothing edited but what was left out; with
    ``revision`` nothing happens unless the container still is at that one.

    Raises:
        InvalidChange: a line of ``changes``, or of the container's own, that docker refuses.
        EditConflict: the container has been edited meanwhile.
        NotYourName: ``reference`` belongs to others.
        ContainerNotFound, ContentMissing, DigestMismatch, LimitExceeded
    """
    check_change(container)
    if reference is not None:
        check_name(reference)
    clean_abandoned()
    outlive_power_cut()
    options = CommitOptions(
        author, message, changes, leave_out, reproducible, go_time(created) if created else ""
    )
    commit = _Commit(container, options, reference, revision, progress or (lambda progress: None))
    images, _names = commit_staged(
        commit.stage, settings.LIMITS, commit.move if move_container else commit.check
    )
    record_audit(action="commit container", target=f"{container.name}: {images[0].image_id}")
    if move_container:
        sweep(list)
    return images[0]


class _Commit:
    """One commit, through all its attempts."""

    def __init__(
        self,
        container: Container,
        options: CommitOptions,
        reference: Reference | None,
        revision: int | None,
        report: Report,
    ) -> None:
        self.container, self.options, self.report = container, options, report
        self.references = (reference,) if reference else ()
        self.wanted = revision
        self.plan: CommitPlan | None = None

    def stage(self, staging: Staging) -> StagedImport:
        before, plan = self.plan, plan_commit(self.container, self.options)
        self._expect(plan.revision)
        # Another commit has moved the container meanwhile: what was to be committed is in its image.
        if before is not None and before.container.image_id != plan.container.image_id:
            raise conflict(self.container)
        self.plan = plan
        manifest, described, chains = base_layers(plan.container.image)
        below = [(layer.digest, chain) for layer, chain in zip(described, chains, strict=True)]
        media_type = layer_type_beside(manifest)
        stager = Stager(staging, settings.LIMITS, self.report)
        if plan.is_empty:
            return stager.stage_above(below, self._image(plan, manifest, described, None))
        path, digest = write_layer_tar(plan, staging)
        with path.open("rb", buffering=0) as file:
            part = Part(WHERE, 0, path.stat().st_size, file)
            layer = LayerPart(part, media_type, digest, digest)
            return stager.stage_above(below, self._image(plan, manifest, described, layer))

    def _image(
        self,
        plan: CommitPlan,
        manifest: Manifest | None,
        below: Sequence[Descriptor],
        layer: LayerPart | None,
    ) -> ImagePart:
        """The new image as an archive would hold it, but for the layers it stands on."""
        raw = plan.config(layer.diff_id if layer else None)
        config = ImageConfig.parse(raw, "the new config", settings.LIMITS)
        layers = list(below)
        if layer is not None and layer.digest is not None:
            layers.append(Descriptor(layer.media_type, layer.digest, layer.part.size))
        document = new_manifest(manifest, raw, layers) if manifest else None
        return ImagePart(
            raw,
            config.digest,
            document,
            Digest.of(document) if document else None,
            manifest.media_type if manifest else "",
            (layer,) if layer else (),
            self.references,
            config.platform,
            "the new image",
        )

    def check(self, images: Sequence[Image]) -> None:
        """The last look, in the transaction that shows the image."""
        if self.wanted is not None:
            with holding(self.container) as now:
                self._expect(now.revision)
        self._remember(images[0], moved=False)

    def move(self, images: Sequence[Image]) -> None:
        """Let the container stand on the image; an edit that came in between would be lost."""
        with holding(self.container) as now:
            if self.plan is None or now.revision != self.plan.revision:
                raise conflict(now)
            forget_edits(now, images[0])
            keep_left_out(container=now, image=images[0], entries=self.plan.left)
        self._remember(images[0], moved=True)

    def _remember(self, image: Image, *, moved: bool) -> None:
        """How the image came to be, for its page."""
        if self.plan is None:
            return
        done = self.plan.container
        Commit.objects.create(
            image=image,
            base=done.image,
            container_id=done.container_id,
            container_name=done.name,
            reference="".join(reference.familiar for reference in self.references),
            changes=[*done.config_changes, *self.options.changes],
            left_out=[quote_from_bytes(path) for path in self.options.leave_out],
            reproducible=self.options.reproducible,
            moved=moved,
        )

    def _expect(self, revision: int) -> None:
        if self.wanted not in (None, revision):
            raise conflict(self.container)


def conflict(container: Container) -> EditConflict:
    return EditConflict(
        _("%(name)s was edited meanwhile: look at its changes, and commit again.") % {"name": container.name}
    )


def write_layer_tar(plan: CommitPlan, staging: Staging) -> tuple[Path, Digest]:
    """The layer as a file of the staging, and its digest; the same plan makes the same bytes."""
    sources = {member.path: entry for member, entry in plan.members}
    contents = UpperContents(plan.container.image, sources.values())
    members = [member for member, _entry in plan.members]
    path = staging.new_path()
    hasher = sha256()
    with path.open("xb") as file:
        for chunk in gathered(write_changeset(members, lambda member: contents.chunks(sources[member.path]))):
            hasher.update(chunk)
            file.write(chunk)
    return path, Digest(f"sha256:{hasher.hexdigest()}")
