"""The process in which one job runs: limited, and gone when the server that started it is."""

import logging
import os
import resource
import sys
import threading
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.jobs.progress import Reporter
from layers.models import Job
from layers.models.acting import Acting, acts
from layers.oci.errors import OCIError
from layers.operations.import_archive import Cancelled, ImportResult, import_archive
from layers.storage import told_trouble
from layers.uploads import upload_path

logger = logging.getLogger(__name__)

ORPHANED = 70
"""Exit status of a process whose server has gone."""
CPU_GRACE_SECONDS = 5
"""Between the signal that says the processor time is used up and the one that kills."""


def run_job(number: UUID) -> None:
    """Imports the archive of the job, and writes to its row how that ended."""
    job = Job.objects.get(pk=number)
    reporter = Reporter(job)
    reporter.start()
    fields: dict[str, object]
    try:
        with acts(Acting(job.owner)):
            result = import_archive(upload_path(number), filename=job.filename, progress=reporter)
        fields = _done(result)
    except Cancelled:
        fields = {"state": Job.State.CANCELLED}
    except OCIError as error:
        fields = _failed(str(error))
    except MemoryError:
        fields = _failed(out_of_memory())
    except OSError as error:
        logger.exception("Job %s failed", number)
        fields = _failed(_("The archive could not be stored: %s.") % (error.strerror or error))
    except Exception as error:
        logger.exception("Job %s failed", number)
        fault = _("The import failed by a fault of the program; its log has the job's number.")
        fields = _failed(told_trouble(error) or fault)
    finally:
        reporter.close()
    Job.objects.filter(pk=number).update(ended_at=timezone.now(), pid=None, **fields)


def limit_process() -> None:
    """Bounds the memory and the processor time of this process, as the settings say."""
    _limit(resource.RLIMIT_AS, settings.JOB_MEMORY_SIZE, 0)
    _limit(resource.RLIMIT_CPU, settings.JOB_CPU_SECONDS, CPU_GRACE_SECONDS)
    _limit(resource.RLIMIT_CORE, 0, 0)


def watch_server() -> None:
    """Ends this process when its standard input does: the server holds the other end as long as it lives."""
    threading.Thread(target=_wait_for_server, name="server watch", daemon=True).start()


def out_of_memory() -> str:
    return _("The import needed more than the %(size)d bytes of memory it may use.") % {
        "size": settings.JOB_MEMORY_SIZE
    }


def _wait_for_server() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    # At once: an import survives being killed at any moment, and nobody waits for this one.
    os._exit(ORPHANED)


def _limit(kind: int, size: int, grace: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        size, grace = min(size, hard), min(grace, hard - min(size, hard))
    resource.setrlimit(kind, (size, size + grace))


def _done(result: ImportResult) -> dict[str, object]:
    return {
        "state": Job.State.DONE,
        "image_ids": [image.image_id for image in result.images],
        "references": [str(reference) for reference in result.references],
        "fidelity": list(result.fidelity),
    }


def _failed(sentence: str) -> dict[str, object]:
    return {"state": Job.State.FAILED, "error": sentence}
