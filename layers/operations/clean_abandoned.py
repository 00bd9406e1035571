"""What imports that were killed have left: found by their lock, taken away row by row."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from layers.models import Blob, Chain, Change, Directory, FileEntry, Layer
from layers.queries.fsck.leftovers import marks_without_staging
from layers.storage import Staging, abandoned_stagings, sync

ROWS_A_TRANSACTION = 5000


def clean_abandoned() -> int:
    """Remove what stagings without an owner have left behind; how many there were."""
    cleaned = 0
    for staging in abandoned_stagings():
        discard_staging(staging)
        cleaned += 1
    for uuid in marks_without_staging():
        discard_rows(uuid)
        cleaned += 1
    return cleaned


def discard_staging(staging: Staging) -> None:
    """Remove a staging's rows, and the blobs it published that no row names."""
    discard_rows(staging.uuid)
    if staging.digests:
        sync_rows()
    staging.discard(kept=named_digests)


def sync_rows() -> None:
    """Bring to the disk what is committed: a power cut must not bring back rows whose files are gone.

    PostgreSQL, and SQLite where durability is strict, have done so.
    """
    if connection.vendor == "sqlite" and settings.DURABILITY != "strict":
        log = Path(f"{connection.settings_dict['NAME']}-wal")
        with suppress(FileNotFoundError):
            sync(log)
            sync(log.parent)


def discard_rows(staging: str) -> None:
    """Remove the invisible chains and layers marked with ``staging``, and all they hold."""
    for chain in Chain.objects.filter(staging=staging).order_by("-depth", "-pk"):
        delete_range(Change, chain.first_change, chain.change_count)
        delete_range(Directory, chain.first_directory, chain.directory_count)
        chain.delete()
    for layer in Layer.objects.filter(staging=staging):
        delete_range(FileEntry, layer.first_entry, layer.entry_count)
        layer.delete()


def delete_range(model: type[Model], first: int, count: int) -> None:
    """Delete the rows with ids from ``first``, a few thousand a transaction."""
    for start in range(first, first + count, ROWS_A_TRANSACTION):
        end = min(start + ROWS_A_TRANSACTION, first + count)
        with transaction.atomic():
            rows = model._default_manager.filter(pk__gte=start, pk__lt=end)
            rows._raw_delete(using=rows.db)


def named_digests(digests: Collection[str]) -> set[str]:
    """Of ``digests``, those that a ``Blob`` row names."""
    return set(Blob.objects.filter(digest__in=list(digests)).values_list("digest", flat=True))
