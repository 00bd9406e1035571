"""Stage and commit, again where somebody else came in between."""

from collections.abc import Callable

from django.db import IntegrityError

from layers.models import Image, Reference
from layers.oci.errors import OCIError
from layers.oci.limits import Limits
from layers.operations.clean_abandoned import discard_staging
from layers.operations.commit_import import Overtaken, commit_import
from layers.operations.staged_import import StagedImport
from layers.storage import Staging, take_reserve

ATTEMPTS = 5
BUSY = "Other imports and deletes of the same layers keep coming in between: try again."

Stage = Callable[[Staging], StagedImport]


def commit_staged(
    stage: Stage, limits: Limits, finish: Callable[[list[Image]], object] = len
) -> tuple[list[Image], list[Reference]]:
    """Show what ``stage`` writes, or leave nothing; ``finish`` is called in the transaction that shows it.

    Raises:
        OCIError: others were faster each time, or the disk is full.
        Exception: whatever ``stage`` and ``finish`` raise.
    """
    take_reserve()
    for attempt in range(1, ATTEMPTS + 1):
        staging = Staging()
        try:
            shown = commit_import(staging, stage(staging), limits, finish)
        except (Overtaken, IntegrityError):
            discard_staging(staging)
            if attempt == ATTEMPTS:
                raise OCIError(BUSY) from None
        except BaseException:
            discard_staging(staging)
            raise
        else:
            staging.close()
            return shown
    raise AssertionError("the last attempt returns or raises")
