"""Remove archives that no import waits for."""

import os

from layers.queries.fsck.leftovers import left_uploads
from layers.uploads import lock_upload, received_size, remove_upload


def remove_left_uploads() -> tuple[int, int]:
    """How many there were, and their bytes. One that somebody holds by now stays."""
    count = size = 0
    for number in left_uploads():
        try:
            lock = lock_upload(number)
        except FileNotFoundError:
            continue
        if lock is not None:
            count, size = count + 1, size + received_size(number)
            remove_upload(number)
            os.close(lock)
    return count, size
