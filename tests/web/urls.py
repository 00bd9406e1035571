"""The pages an upload needs, and a form view of the least kind."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_POST

from layers.operations.receive_upload import queue_upload
from layers.uploads import UploadRefused
from layers.views.upload import upload


@require_POST
def form(request: HttpRequest) -> HttpResponse:
    try:
        jobs = [queue_upload(file=file) for file in request.FILES.getlist("archive")]
    except UploadRefused as refusal:
        return HttpResponse(str(refusal), status=refusal.status)
    return HttpResponse(" ".join(str(job.pk) for job in jobs))


def page(request: HttpRequest, number: str = "") -> HttpResponse:
    return HttpResponse("page")


layers = [
    path("", page, name="image-list"),
    path("upload/", upload, name="upload"),
    path("import/", form, name="import-create"),
    path("imports/<uuid:number>/", page, name="import-detail"),
]
urlpatterns = [path("", include((layers, "layers")))]
