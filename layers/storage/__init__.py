"""What lies in the data directory beside the database: blobs, stagings, caches."""

from layers.storage.blobs import (
    Kept,
    blob_path,
    boot_id,
    has_blob,
    open_blob,
    stored_digests,
    sync,
    sync_blob,
)
from layers.storage.cache import drop_cached, open_cached
from layers.storage.locks import alone
from layers.storage.staging import Staging, abandoned_stagings, has_staging, remove_blobs

__all__ = [
    "Kept",
    "Staging",
    "abandoned_stagings",
    "alone",
    "blob_path",
    "boot_id",
    "drop_cached",
    "has_blob",
    "has_staging",
    "open_blob",
    "open_cached",
    "remove_blobs",
    "stored_digests",
    "sync",
    "sync_blob",
]
