"""Files and tars sent into a container from the browser; the body is read as it comes."""

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from layers.folders import FolderFile, FolderHandler
from layers.models import Container
from layers.oci.changeset.paths import as_text
from layers.oci.errors import EditRefused
from layers.operations.unpack_tar import unpack_tar
from layers.operations.write_file import write_files
from layers.views.container_edits import directory_of
from layers.views.edits import edit
from layers.views.partials import HtmxHttpRequest
from layers.views.workspace_state import WorkspaceState


@edit("upload")
def _upload(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Puts files, and whole folders with their paths, into the directory that is shown."""
    files = [(file.path, file.stored()) for file in sent_files(request)]
    directory = directory_of(container, state.path)
    write_files(container=container, directory=directory, files=files, replace="replace" in request.POST)
    return directory


@edit("unpack")
def _unpack(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Unpacks a tar into the directory that is shown."""
    directory, files = directory_of(container, state.path), sent_files(request)
    if len(files) > 1:
        raise EditRefused(_("Unpack one tar at a time, so that each is a step of its own."))
    name = as_text(files[0].path.rpartition(b"/")[2])
    label = _("unpack %(name)s into /%(path)s") % {"name": name, "path": as_text(directory)}
    unpack_tar(container=container, directory=directory, stream=files[0].stored(), label=label)
    return directory


def sent_files(request: HtmxHttpRequest) -> list[FolderFile]:
    """The files of the form.

    Raises:
        EditRefused: there are none.
        UploadRefused: they are too much.
    """
    files = [file for each in request.FILES.lists() for file in each[1] if isinstance(file, FolderFile)]
    for handler in request.upload_handlers:
        if isinstance(handler, FolderHandler) and handler.refusal:
            raise handler.refusal
    if not files:
        raise EditRefused(_("Nothing is chosen: choose files or a folder first."))
    return files


# The token is in the form, so the form is read before it is checked: by then it must be
# settled where its files go.


@csrf_exempt
@require_POST
def container_upload(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """See :func:`_upload`."""
    handlers: list[FileUploadHandler] = [FolderHandler(request)]
    request.upload_handlers = handlers
    return csrf_protect(_upload)(request, container_id)


@csrf_exempt
@require_POST
def container_unpack(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """See :func:`_unpack`."""
    handlers: list[FileUploadHandler] = [FolderHandler(request)]
    request.upload_handlers = handlers
    return csrf_protect(_unpack)(request, container_id)
