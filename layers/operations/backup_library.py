"""Copy the whole library to a directory of its own, while it is being used."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from layers.models import Blob
from layers.operations.clean_abandoned import discard_staging
from layers.storage import Staging, blob_path, sync

DATABASE: Final = "db.sqlite3"
BLOBS: Final = "blobs"
NOTE: Final = "backup.json"
PARTIAL: Final = ".partial"
ATTEMPTS: Final = 3
KEYS_A_FETCH: Final = 1000


class BackupRefused(Exception):
    """A backup that cannot be made, or brought back. ``str(error)`` is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds; the note that lies in it."""

    made_at: str
    images: int
    blobs: int
    size: int
    """Bytes of the blobs."""


def backup_library(*, target: Path) -> Backup:
    """Write the database as it is at one moment, and every blob that it names, to ``target``.

    Imports, commits and deletes go on meanwhile: a blob that is held here stays
    until it is copied. On the same file system blobs are hard links, which cost
    no space. ``target`` appears once it is whole.

    Raises:
        BackupRefused: ``target`` is there already, the database is no SQLite, or a blob is lost.
    """
    if connection.vendor != "sqlite":
        raise BackupRefused(
            _("Only a library in SQLite is backed up: use pg_dump for the database, then copy %(blobs)s.")
            % {"blobs": BLOBS}
        )
    if target.exists():
        raise BackupRefused(_("%(target)s is there already: name a new directory.") % {"target": target})
    partial = target.with_name(target.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    staging = Staging()
    try:
        backup = _write(partial, staging)
        partial.rename(target)
        sync(target.parent)
    finally:
        discard_staging(staging)
        shutil.rmtree(partial, ignore_errors=True)
    return backup


def _write(folder: Path, staging: Staging) -> Backup:
    snapshot = folder / DATABASE
    digests = held_snapshot(snapshot, staging)
    size = sum(copy_blob(digest, folder / BLOBS) for digest in digests)
    with closing(sqlite3.connect(snapshot)) as library:
        ((images,),) = library.execute("SELECT count(*) FROM layers_image")
    backup = Backup(datetime.now(UTC).isoformat(timespec="seconds"), images, len(digests), size)
    (folder / NOTE).write_text(json.dumps(asdict(backup), indent=2) + "\n")
    for path in (snapshot, folder / NOTE, folder):
        sync(path)
    return backup


def held_snapshot(path: Path, staging: Staging) -> list[str]:
    """A copy of the database at one moment, and the digests it names: nobody removes those from now on.

    What is held before the snapshot cannot go; what is new in it is held after, and
    if a delete was quicker the snapshot is made once more.
    """
    for digest in Blob.objects.values_list("digest", flat=True).iterator(KEYS_A_FETCH):
        staging.claim(digest)
    for _attempt in range(ATTEMPTS):
        path.unlink(missing_ok=True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
        digests = sorted(digests_in(path))
        lost = [digest for digest in digests if not staging.claim(digest)]
        if not lost:
            return digests
    raise BackupRefused(
        _("Blob %(digest)s is not in the blob store: run “manage.py fsck” first.") % {"digest": lost[0]}
    )


def digests_in(path: Path) -> Iterator[str]:
    """The blobs that a copy of the database names."""
    with closing(sqlite3.connect(path)) as library:
        yield from (digest for (digest,) in library.execute("SELECT digest FROM layers_blob"))


def copy_blob(digest: str, blobs: Path) -> int:
    """Put a blob at its place below ``blobs``, as a link where that can be; tells its bytes."""
    source = blob_path(digest)
    target = blobs / source.relative_to(source.parents[2])
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        sync(target)
    return target.stat().st_size
