"""Bring a backup back into an empty library."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from layers.models import Container, Image
from layers.oci.changeset.chunks import read_chunks
from layers.oci.digest import Digest
from layers.operations.backup_library import BLOBS, DATABASE, NOTE, Backup, BackupRefused, digests_in
from layers.operations.clean_abandoned import clean_abandoned, discard_staging
from layers.storage import Staging, sync_blob


def restore_library(*, source: Path) -> Backup:
    """Take all blobs of a backup into the store, each held against its digest, and then its database.

    Whatever happens on the way, the library is empty as before or whole; do it again.
    The database is brought up to date if an older version made it.

    Raises:
        BackupRefused: ``source`` holds no whole backup, a newer version made it, or the library is not empty.
    """
    backup = read_note(source)
    if connection.vendor != "sqlite":
        raise BackupRefused(_("Only a library in SQLite is restored here: use pg_restore."))
    bring_up_to_date()
    if Image.objects.exists() or Container.objects.exists():
        raise BackupRefused(
            _("The library holds images already: restore into an empty one (IMAGEBROWSER_DATA names it).")
        )
    refuse_newer(source / DATABASE)
    staging = Staging()
    try:
        for digest in sorted(digests_in(source / DATABASE)):
            take_blob(staging, source, digest)
        take_database(source / DATABASE)
    finally:
        discard_staging(staging)
    clean_abandoned()
    return backup


def read_note(source: Path) -> Backup:
    """What the backup says of itself, which is written last."""
    try:
        return Backup(**json.loads((source / NOTE).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BackupRefused(
            _("%(source)s is no whole backup: it holds no %(note)s.") % {"source": source, "note": NOTE}
        ) from error


def refuse_newer(database: Path) -> None:
    """A database that knows migrations which this program does not."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)) as library:
        rows = library.execute("SELECT app, name FROM django_migrations").fetchall()
    unknown = set(rows) - set(MigrationExecutor(connection).loader.graph.nodes)
    if unknown:
        raise BackupRefused(
            _("A newer version made this backup (%(name)s): restore it with that one.")
            % {"name": min(name for _app, name in unknown)}
        )


def take_blob(staging: Staging, source: Path, digest: str) -> None:
    parsed = Digest.parse(digest)
    path = source / BLOBS / parsed.algorithm / parsed.hex[:2] / parsed.hex
    hasher = parsed.hasher()
    try:
        with path.open("rb", buffering=0) as file:
            size = path.stat().st_size
            copy = staging.copy_from(file, 0, size)
            for chunk in read_chunks(file, 0, size):
                hasher.update(chunk)
    except FileNotFoundError as error:
        raise BackupRefused(_("The backup lacks blob %(digest)s.") % {"digest": digest}) from error
    if hasher.hexdigest() != parsed.hex:
        raise BackupRefused(_("Blob %(digest)s of the backup is damaged.") % {"digest": digest})
    staging.publish(copy, digest)
    sync_blob(digest)  # the rows to come say that it is on the disk


def take_database(path: Path) -> None:
    """All tables at once, in one transaction; then brought up to date."""
    connection.ensure_connection()
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as library:
        library.backup(connection.connection)
    connections.close_all()
    bring_up_to_date()


def bring_up_to_date() -> None:
    """Apply the migrations that the database lacks."""
    call_command("migrate", interactive=False, verbosity=0)
