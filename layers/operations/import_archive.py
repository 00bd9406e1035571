"""Import an archive: every image in it, or nothing.

An image is read layer by layer from the bottom up. What is new is written
invisibly, under the import's staging; one short transaction at the end shows
it. Killed before that, nothing is there; ``clean_abandoned`` takes away the
rest (docs/architecture.md, "An import").
"""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from layers.models import Image, Reference
from layers.oci.archive.contents import read_contents
from layers.oci.archive.parts import Contents
from layers.oci.limits import Limits
from layers.operations.attempts import commit_staged
from layers.operations.clean_abandoned import clean_abandoned
from layers.operations.open_archive import OpenArchive, open_archive
from layers.operations.progress import Cancelled, Progress, Report
from layers.operations.record_audit import record_audit
from layers.operations.settle_blobs import outlive_power_cut
from layers.operations.stage_images import Stager
from layers.operations.staged_import import StagedImport
from layers.storage import Staging

__all__ = ["Cancelled", "ImportResult", "Progress", "clean_abandoned", "import_archive"]

SWITCH_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What is in the library now, new or known before."""

    images: tuple[Image, ...]
    references: tuple[Reference, ...]
    fidelity: tuple[dict[str, str], ...] = ()
    """What was odd: where, path and note, in the order of reading."""


def import_archive(
    source: Path | BinaryIO,
    *,
    filename: str = "",
    limits: Limits | None = None,
    progress: Report | None = None,
) -> ImportResult:
    """Import all images of a docker-archive, OCI layout or root filesystem tar.

    ``source`` is a file, a layout's directory, or a stream to read to its end;
    ``filename`` is what a message calls it.

    Raises:
        OCIError: one sentence that says what is wrong, and where; nothing is kept.
    """
    clean_abandoned()
    outlive_power_cut()  # before a damaged blob is recognised by its name
    limits = limits or settings.LIMITS
    report = progress or (lambda progress: None)
    with ExitStack() as files:
        receiving = Staging()
        files.callback(receiving.close)
        archive = open_archive(
            source,
            receiving,
            limits,
            lambda done, total: report(Progress("receive", done, total, filename)),
            files,
        )
        contents = read_contents(archive.source, limits)
        with undisturbed():
            return _attempt(archive, contents, limits, report)


def _attempt(archive: OpenArchive, contents: Contents, limits: Limits, report: Report) -> ImportResult:
    """Import what is found; again, if another import or a delete came in between."""
    fidelity: list[dict[str, str]] = []

    def stage(staging: Staging) -> StagedImport:
        stager = Stager(staging, limits, report)
        staged = stager.stage(archive, contents)
        fidelity[:] = stager.fidelity
        return staged

    images, references = commit_staged(stage, limits, note)
    return ImportResult(tuple(images), tuple(references), tuple(fidelity))


def note(images: Sequence[Image]) -> None:
    """Keep who brought the images, in the transaction that shows them."""
    record_audit(action="import images", target=", ".join(image.image_id for image in images))


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection, which would visit every entry again and again, and threads that switch soon."""
    switch = sys.getswitchinterval()
    collects = gc.isenabled()
    gc.disable()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(switch)
        if collects:
            gc.enable()
