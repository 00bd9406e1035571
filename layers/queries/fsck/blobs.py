"""I1, I2 and I8: each blob has its file, each file has its digest, and no file is without a blob."""

import os
from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from layers.models import Blob
from layers.oci.changeset.seal import seal_size
from layers.oci.changeset.walk import StoredRange
from layers.oci.limits import KIB
from layers.queries.fsck.problem import Fault, Problem
from layers.queries.needs import needed_by
from layers.storage import blob_path, boot_id, journaled_digests, misplaced_files, open_blob, stored_digests

DIGESTS_A_QUERY = 500
SMALL = 64 * KIB
"""A blob up to this size, as all documents are, is always read."""


def check_blobs(deep: bool) -> Iterator[Problem]:
    """Every blob that a row names; ``deep`` reads the bytes of large ones too, as does a power cut."""
    for blob in Blob.objects.order_by("pk").iterator():
        is_doubtful = blob.boot not in ("", boot_id())
        yield from check_blob(blob, deep or is_doubtful or blob.size <= SMALL)


def check_blob(blob: Blob, deep: bool) -> Iterator[Problem]:
    """One blob: there, as long as it was, and with ``deep`` byte for byte what it was."""
    try:
        with open_blob(blob.digest) as file:
            size = os.fstat(file.fileno()).st_size
            found = StoredRange(file, 0, size).identity() if deep and size == blob.size else None
    except FileNotFoundError:
        sentence = _("Its file is missing. %(needed)s")
        yield Problem(Fault.BLOB_MISSING, blob.digest, sentence % {"needed": needed_by(blob)}, blob.pk)
        return
    except OSError as error:
        sentence = _("Its file cannot be read: %(error)s. %(needed)s")
        told = {"error": error.strerror, "needed": needed_by(blob)}
        yield Problem(Fault.BLOB_DAMAGED, blob.digest, sentence % told, blob.pk)
        return
    if size != blob.size:
        sentence = _("Its file has %(size)d bytes, not %(expected)d. %(needed)s")
        told = {"size": size, "expected": blob.size, "needed": needed_by(blob)}
        yield Problem(Fault.BLOB_DAMAGED, blob.digest, sentence % told, blob.pk)
    elif found is not None and found.digest != blob.digest:
        sentence = _("Its bytes are those of %(found)s. %(needed)s")
        told = {"found": found.digest, "needed": needed_by(blob)}
        yield Problem(Fault.BLOB_DAMAGED, blob.digest, sentence % told, blob.pk)
    elif blob.seal is not None and (
        len(blob.seal) != seal_size(blob.size) or (found is not None and found.seal != blob.seal)
    ):
        yield Problem(Fault.SEAL_WRONG, blob.digest, _("Its seal is of other bytes."), blob.pk)


def check_strays() -> Iterator[Problem]:
    """Files among the blobs that no row names, nor any work under way."""
    digests = stored_digests()
    while batch := set(islice(digests, DIGESTS_A_QUERY)):
        claimed = journaled_digests()
        named = set(Blob.objects.filter(digest__in=batch).values_list("digest", flat=True))
        for digest in sorted(batch - named - claimed):
            if blob_path(digest).exists():
                yield Problem(Fault.BLOB_STRAY, digest, _("No row names this file."))
    for path in misplaced_files():
        yield Problem(Fault.FILE_MISPLACED, path.name, _("This file lies among the blobs, and is none."))
