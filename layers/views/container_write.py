"""What is typed into the editor of a container's file, and files sent in the place of another."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from layers.folders import FolderHandler
from layers.models import Container
from layers.oci.errors import OCIError
from layers.operations.editing import EditConflict
from layers.operations.write_file import write_file
from layers.queries.container_files import open_container_file
from layers.queries.containers import ContainerNotFound
from layers.queries.tree import NoSuchPath
from layers.queries.uppers import open_upper
from layers.queries.workspace_tree import change_at
from layers.views.comparisons import Asked, Side, compare
from layers.views.container_files import FilePane, pane_of
from layers.views.container_uploads import sent_files
from layers.views.containers import container_url, get_container
from layers.views.editing import Editor, Typed, content_of, digest_of, editor_of, save, spell
from layers.views.edits import edit, status_of
from layers.views.encodings import ENCODINGS
from layers.views.languages import language_of
from layers.views.partials import HtmxHttpRequest, wants_partial
from layers.views.readers import BytesReader, Reader
from layers.views.textfiles import CannotSpell
from layers.views.workspace import render_workspace, workspace_context
from layers.views.workspace_state import WorkspaceState


@require_POST
def container_write(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """Gives a file the text that was typed; what cannot be saved stays in the editor, with the reason."""
    state, typed = WorkspaceState.parse(request), Typed.parse(request)
    try:
        container = get_container(container_id)
        is_changed = save(container, state.path, typed)
    except (Http404, ContainerNotFound) as error:
        return gone(request, state, typed, error)
    except (OCIError, CannotSpell) as refusal:
        return refused(request, get_container(container_id), state, typed, refusal)
    return saved(request, container, state, is_changed)


def saved(
    request: HtmxHttpRequest, container: Container, state: WorkspaceState, is_changed: bool
) -> HttpResponse:
    """What the editor starts from now, and beside it all that tells of changes; without scripts, the page."""
    if not wants_partial(request):
        return HttpResponseRedirect(container_url(container) + state.query(), status=HTTPStatus.SEE_OTHER)
    encoding = Typed.parse(request).written_in
    editor = editor_of(state.path, content_of(container, state.path), encoding)
    context = workspace_context(request, container, state, pane={}) | {
        "editor": editor,
        "pane": pane_of(container, state.path, encoding),
        "mode": "edit",
        "oob": True,
        "is_changed": is_changed,
        "change": change_at(container, state.path),
    }
    response = render(request, "layers/container/_editor_saved.html", context)
    if not is_changed:
        return response
    return trigger_client_event(response, "edited", {"revision": container.revision}, after="swap")


def refused(
    request: HtmxHttpRequest, container: Container, state: WorkspaceState, typed: Typed, refusal: Exception
) -> HttpResponse:
    """Why nothing was saved; the text is in the editor still, or again."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(refusal, CannotSpell) else status_of(refusal)
    editor = Editor(
        typed.text,
        typed.expected,
        typed.encoding or ENCODINGS["utf-8"],
        typed.line_end,
        language_of(state.path, typed.text[:200]),
        error=str(refusal),
        offers_utf_8=isinstance(refusal, CannotSpell),
    )
    told: dict[str, Any] = {"editor": editor, "mode": "edit"}
    if isinstance(refusal, EditConflict):
        told |= conflict(container, state.path, editor, typed)
    if wants_partial(request):
        context = {"container": container, "state": state} | told
        return render(request, "layers/container/_editor_said.html", context, status=status)
    pane = {"chosen": "file", "pane": pane_for(container, state.path, editor)} | told
    return render_workspace(request, container, state, status=status, pane=pane)


def gone(request: HtmxHttpRequest, state: WorkspaceState, typed: Typed, error: Exception) -> HttpResponse:
    """There is no such container any more; what was typed is handed back."""
    if wants_partial(request):
        raise Http404(str(error)) from error
    context = {"section": "containers", "state": state, "typed": typed, "error": str(error)}
    return render(request, "layers/container/gone.html", context, status=HTTPStatus.NOT_FOUND)


def conflict(container: Container, path: bytes, editor: Editor, typed: Typed) -> dict[str, Any]:
    """Both texts, and the editor as one that would write over what is there now."""
    upper = open_upper(container)
    now = content_of(container, path)
    theirs = editor_of(path, now, typed.encoding)
    try:
        mine = spell(now, typed)
    except CannotSpell:
        mine = typed.text.encode("utf-8", "replace")
    sides = Side(_("saved meanwhile"), reader_of(container, path)), Side(_("yours"), BytesReader(mine))
    entry = upper.at(upper.real(path, follow=True))
    digest = entry.sha256.hex() if entry is not None and entry.sha256 else digest_of(now)
    return {
        "editor": replace(editor, expected=digest, theirs=theirs.text if theirs else None),
        "compare": compare(*sides, "", Asked()),
        "is_gone": entry is None,
    }


def reader_of(container: Container, path: bytes) -> Reader | None:
    try:
        return open_container_file(container, path, follow=True)
    except (NoSuchPath, ValueError):
        return None


def pane_for(container: Container, path: bytes, editor: Editor) -> FilePane:
    """The pane of a file that is being edited, whatever is at its path by now."""
    entry = open_upper(container).at(path)
    return FilePane(path, entry, path, entry, reader_of(container, path), editor=editor, modes=["edit"])


@edit("replace")
def _replace(request: HtmxHttpRequest, container: Container, state: WorkspaceState) -> bytes:
    """Gives a file the content of another one, which was sent; it keeps its name, mode and owner."""
    sent = sent_files(request)[0]
    expected = request.POST.get("expected")
    write_file(container=container, path=state.path, data=sent.stored(), expected_sha256=expected)
    return state.path


@csrf_exempt
@require_POST
def container_replace(request: HtmxHttpRequest, container_id: str) -> HttpResponse:
    """See :func:`_replace`; as for every upload, the form is read before its token is checked."""
    handlers: list[FileUploadHandler] = [FolderHandler(request)]
    request.upload_handlers = handlers
    return csrf_protect(_replace)(request, container_id)
