"""The pages of imports: those that run, and those that have ended."""

from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from layers.forms import ArchiveForm
from layers.jobs.queue import cancel
from layers.models import Image, Job
from layers.oci.limits import Limits
from layers.operations.receive_upload import queue_upload
from layers.queries.access import check_change
from layers.queries.search import SECONDS
from layers.queries.stack import familiar_names
from layers.uploads import UploadRefused
from layers.views import hexdump, pictures, texts
from layers.views.commands import PROGRAM
from layers.views.partials import HtmxHttpRequest, render_page, stop_polling, wants_partial
from layers.views.textfiles import EDIT_SIZE

SHOWN = 100
LATEST = 4
"""On the page of images."""
REPORT_ROWS = 500
BOUNDS = (
    *("FREE_DISK_SIZE", "UPLOADS_AT_ONCE", "UPLOAD_IDLE_SECONDS", "UPLOAD_KEEP_SECONDS", "SENDING_AT_ONCE"),
    *(
        "UPLOADS_AN_HOUR",
        "FINDING_SIZE",
        "JOBS_AT_ONCE",
        "JOBS_WAITING",
        "JOB_MEMORY_SIZE",
        "JOB_CPU_SECONDS",
        "JOB_WALL_SECONDS",
    ),
    *("QUOTA_SIZE", "QUOTA_IMAGES", "QUOTA_RUNNING", "QUOTA_WAITING", "LOGIN_TRIES", "PAGE_SECONDS"),
)
"""Settings that bound imports, people and pages, beside the limits of what is in an archive."""
FIXED = {
    "text_size": texts.TEXT_SIZE,
    "highlighted_size": texts.HIGHLIGHT_SIZE,
    "text_lines": texts.PAGE_LINES,
    "hex_page_size": hexdump.PAGE_SIZE,
    "edit_size": EDIT_SIZE,
    "picture_size": pictures.MAX_SIZE,
    "picture_pixels": pictures.MAX_PIXELS,
    "search_seconds": round(SECONDS),
}
"""What a page shows at once; the rest is on further pages, or downloaded."""


@require_safe
def import_list(request: HtmxHttpRequest) -> HttpResponse:
    """The newest imports; htmx asks every second as long as one of them runs."""
    jobs = list(Job.objects.visible()[:SHOWN])
    compact = "compact" in request.GET
    context = {
        "section": "imports",
        "jobs": jobs[:LATEST] if compact else jobs,
        "compact": compact,
        "is_active": any(job.is_active for job in jobs),
    }
    response = render_page(
        request, "layers/import/list.html", partial="layers/import/_imports.html", context=context
    )
    if wants_partial(request) and not context["is_active"]:
        response["HX-Trigger"] = "imported"
        return stop_polling(response)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def import_create(request: HtmxHttpRequest) -> HttpResponse:
    """The upload form for browsers without scripts, and what it sends."""
    form, status = ArchiveForm(request.POST or None, request.FILES or None), HTTPStatus.UNPROCESSABLE_ENTITY
    if request.method != "POST":
        return render(request, "layers/import/create.html", {"section": "imports", "form": form})
    if form.is_valid():
        try:
            jobs = [queue_upload(file=file) for file in form.cleaned_data["archives"]]
        except UploadRefused as refusal:
            form.add_error("archives", str(refusal))
            if refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
                status = refusal.status
        else:
            target = (
                reverse("layers:import-detail", args=[jobs[0].pk]) if len(jobs) == 1 else "layers:import-list"
            )
            return HttpResponseRedirect(target if len(jobs) == 1 else reverse(target))
    context = {"section": "imports", "form": form}
    return render(request, "layers/import/create.html", context, status=status)


@require_safe
def import_detail(request: HtmxHttpRequest, job_id: UUID) -> HttpResponse:
    """How far an import is; once it has ended, its images, or why it failed, and its fidelity report."""
    job = get_object_or_404(Job.objects.visible(), pk=job_id)
    images = Image.objects.visible().filter(image_id__in=job.image_ids)
    context = {
        "section": "imports",
        "job": job,
        "stages": stages(job),
        "eta": seconds_left(job),
        "images": [(image, familiar_names(image)) for image in images],
        "report": job.fidelity[:REPORT_ROWS],
        "commands": [f"docker load -i {job.filename}", f"{PROGRAM} load {job.filename}"]
        if plain(job.filename)
        else [],
    }
    response = render_page(
        request, "layers/import/detail.html", partial="layers/import/_progress.html", context=context
    )
    return stop_polling(response) if wants_partial(request) and not job.is_active else response


@require_POST
def import_cancel(request: HtmxHttpRequest, job_id: UUID) -> HttpResponse:
    """Asks for the end of an import."""
    job = get_object_or_404(Job.objects.visible(), pk=job_id)
    check_change(job)
    cancel(job)
    return HttpResponseRedirect(reverse("layers:import-detail", args=[job_id]))


def stages(job: Job) -> list[tuple[str, str, str]]:
    """Name, label and state (``done``, ``now``, ``next``) of each stage."""
    names = [str(stage) for stage in Job.Stage.values]
    here = len(names) if job.state == Job.State.DONE else names.index(job.stage)
    states = [
        "done" if number < here else "now" if number == here else "next" for number in range(len(names))
    ]
    return list(zip(names, (str(stage) for stage in Job.Stage.labels), states, strict=True))


def seconds_left(job: Job) -> int | None:
    """How long the stage will take at its speed so far; ``None`` as long as nobody can tell."""
    if not (job.is_active and job.total_size and job.done_size and job.started_at):
        return None
    if job.stage == Job.Stage.INDEX:
        return None
    elapsed = (timezone.now() - job.started_at).total_seconds()
    return max(0, round(elapsed * (job.total_size - job.done_size) / job.done_size))


def plain(name: str) -> bool:
    """Whether a file name needs no quotes in a shell."""
    return all(character.isascii() and (character.isalnum() or character in "._-") for character in name)


@require_safe
def limits(request: HtmxHttpRequest) -> HttpResponse:
    """How much an import may ask of this machine."""
    rows = [
        (name, getattr(settings.LIMITS, name), f"IMAGEBROWSER_LIMIT_{name.upper()}")
        for name in Limits.__slots__
    ]
    rows += [(name.lower(), getattr(settings, name), f"IMAGEBROWSER_{name}") for name in BOUNDS]
    rows += [(name, value, "") for name, value in FIXED.items()]
    context = {"section": "limits", "limits": rows, "profile": settings.PROFILE, "edit_size": EDIT_SIZE}
    return render(request, "layers/limits.html", context)
