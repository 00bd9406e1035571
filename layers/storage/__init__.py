"""What lies in the data directory beside the database: blobs, stagings, caches."""

from layers.storage.blobs import (
    BlobMissing,
    Kept,
    blob_path,
    boot_id,
    has_blob,
    open_blob,
    stored_digests,
    sync,
    sync_blob,
)
from layers.storage.cache import drop_cached, has_cached, open_cached, read_cached
from layers.storage.inspection import (
    abandoned_names,
    blobs_size,
    misplaced_files,
    set_aside,
    stale_files,
    unfinished_files,
)
from layers.storage.locks import alone
from layers.storage.reserve import (
    DiskFull,
    ease_full_disk,
    room_to_delete,
    take_reserve,
    told_trouble,
)
from layers.storage.staging import (
    Staging,
    abandoned_stagings,
    has_staging,
    journaled_digests,
    remove_blobs,
)

__all__ = [
    "BlobMissing",
    "DiskFull",
    "Kept",
    "Staging",
    "abandoned_names",
    "abandoned_stagings",
    "alone",
    "blob_path",
    "blobs_size",
    "boot_id",
    "drop_cached",
    "ease_full_disk",
    "has_blob",
    "has_cached",
    "has_staging",
    "journaled_digests",
    "misplaced_files",
    "open_blob",
    "open_cached",
    "read_cached",
    "remove_blobs",
    "room_to_delete",
    "set_aside",
    "stale_files",
    "stored_digests",
    "sync",
    "sync_blob",
    "take_reserve",
    "told_trouble",
    "unfinished_files",
]
