"""One step of an edit: the container's row is held, its upper changed, and the change kept to be undone."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext as _

from layers.models import Blob, Container, Edit, UpperRow
from layers.models.bulk import batches
from layers.models.extra import pack_extra
from layers.models.upperrows import pack_row
from layers.oci.errors import EditRefused, LimitExceeded
from layers.oci.unionfs.mergedview import UpperEntry
from layers.oci.unionfs.upper import Row, Upper
from layers.queries.access import check_change
from layers.queries.containers import ContainerNotFound
from layers.queries.quota import check_quota
from layers.queries.uppers import upper_to_edit
from layers.storage import take_reserve

PATHS_A_QUERY = 500
LABEL_LENGTH = 255


class EditConflict(EditRefused):
    """Somebody else changed meanwhile what this edit starts from."""


@contextmanager
def holding(container: Container) -> Iterator[Container]:
    """One transaction in which nobody else edits the container; yields it as it is now.

    At the end the caller's object is what the database holds.

    Raises:
        ContainerNotFound: it has been removed.
        PermissionDenied: it is another person's.
    """
    with transaction.atomic():
        # Only its own row is held: images are read by everybody.
        now = Container.objects.select_for_update().filter(pk=container.pk).first()
        if now is None:
            raise ContainerNotFound(_("No such container: %(text)s") % {"text": container.name})
        check_change(now)
        yield now
        now.save()
    for field in now._meta.concrete_fields:
        setattr(container, field.attname, getattr(now, field.attname))


def expect_revision(container: Container, revision: int | None) -> None:
    """Raises ``EditConflict`` where a container, whose row is held, is at another revision by now."""
    if revision is not None and container.revision != revision:
        raise EditConflict(
            _("%(name)s was edited since you looked at it: see what is in it now, and decide again.")
            % {"name": container.name}
        )


@contextmanager
def editing(container: Container, label: str) -> Iterator[Upper]:
    """One step: the upper is the caller's to edit, and what came of it is saved at the end.

    Raises:
        ContainerNotFound, EditRefused, DiskFull: nothing is changed.
    """
    take_reserve()
    with holding(container) as now:
        upper = upper_to_edit(now)
        yield upper
        rows = upper.rows()
        if rows:
            limit = upper.limits.layer_entries
            if len(upper.entries) > limit:
                raise LimitExceeded("layer_entries", limit, len(upper.entries))
            save_rows(now, rows)
            remember(now, label, rows)
            check_quota(now.owner)


def remember(container: Container, label: str, rows: Sequence[Row]) -> None:
    """Keep a step, to be undone; steps that were undone before it cannot be redone any more."""
    container.edits.filter(undone=True).delete()
    last = container.edits.order_by("-number").values_list("number", flat=True).first()
    edit = Edit.objects.create(
        container=container,
        number=(last or 0) + 1,
        label=label[:LABEL_LENGTH],
        rows=[[pack_row(before), pack_row(after)] for before, after in rows],
    )
    edit.blobs.set(blobs_of(entry for row in rows for entry in row).values())


def save_rows(container: Container, rows: Sequence[Row]) -> None:
    """Make the second of each pair what the database holds; the container is at another revision then."""
    paths = [path_of(row) for row in rows]
    for batch in batches(((path,) for path in paths), PATHS_A_QUERY):
        UpperRow.objects.filter(container=container, path__in=[path for (path,) in batch]).delete()
    blobs = blobs_of(after for _before, after in rows)
    UpperRow.objects.bulk_create(
        [upper_row(container, after, blobs) for _before, after in rows if after is not None],
        batch_size=PATHS_A_QUERY,
    )
    container.revision += 1


def path_of(row: Row) -> bytes:
    """The path that a pair is about."""
    entry = row[0] or row[1]
    return entry.path if entry is not None else b""


def blobs_of(entries: Iterable[UpperEntry | None]) -> dict[str, Blob]:
    """The blobs that hold the content of entries, by digest."""
    digests = {entry.content for entry in entries if entry is not None and entry.content is not None}
    found: dict[str, Blob] = {}
    for batch in batches(((digest,) for digest in sorted(digests)), PATHS_A_QUERY):
        rows = Blob.objects.filter(digest__in=[digest for (digest,) in batch])
        found.update({blob.digest: blob for blob in rows})
    return found


def upper_row(container: Container, entry: UpperEntry, blobs: dict[str, Blob]) -> UpperRow:
    """An entry as its row."""
    return UpperRow(
        container=container,
        path=entry.path,
        kind=entry.kind,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        size=entry.size,
        mtime=entry.mtime,
        sha256=entry.sha256,
        content=None if entry.content is None else blobs[entry.content],
        origin=entry.origin,
        linkname=entry.linkname,
        extra=pack_extra(entry.extra),
        opaque=entry.opaque,
        link_group=entry.group,
        lower=entry.lower,
    )
