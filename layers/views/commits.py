"""The page that commits a container: what is filled in, what would come of it, and the commit itself."""

from dataclasses import replace
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from layers.models import Container, Image
from layers.oci.errors import OCIError
from layers.operations.commit_container import commit_container
from layers.operations.draft_commit import draft_commit, keep_typed
from layers.operations.editing import EditConflict
from layers.queries.hygiene import check_hygiene
from layers.views.commit_page import Judgement, all_left_out, drafted, judge, page_of
from layers.views.commit_wish import CommitWish
from layers.views.containers import get_container
from layers.views.downloads import told
from layers.views.partials import HtmxHttpRequest, render_page

PAGE, PART = "layers/commit/commit.html", "layers/commit/_commit.html"
QUICK = "layers/commit/_quick.html"
"""For the dialog of the workspace."""


@require_http_methods(["GET", "HEAD", "POST"])
@told
def container_commit(request: HtmxHttpRequest, container_id: str) -> HttpResponseBase:
    """The form with what the container remembers; sent, the new image, or the form with what is wrong."""
    container = get_container(container_id)
    if request.method != "POST":
        return render_commit(request, container, typed(container))
    wish = sent(request, container)
    judged = judge(container, wish)
    remember(container, wish, judged)
    if not judged.is_fit:
        return render_commit(request, container, wish, judged=judged, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        image = commit_container(
            container=container,
            reference=judged.name.reference,
            author=wish.author,
            message=wish.message,
            leave_out=wish.leave_out,
            reproducible=wish.reproducible,
            move_container=wish.move,
            revision=wish.revision,
        )
    except EditConflict as conflict:
        return render_commit(request, container, wish, status=HTTPStatus.CONFLICT, refusal=str(conflict))
    except OCIError as refusal:
        return render_commit(
            request, container, wish, status=HTTPStatus.UNPROCESSABLE_ENTITY, refusal=str(refusal)
        )
    keep_typed(container=container, typed={})
    return HttpResponseRedirect(committed_url(image), status=HTTPStatus.SEE_OTHER)


@require_http_methods(["GET", "HEAD", "POST"])
@told
def commit_preview(request: HtmxHttpRequest, container_id: str) -> HttpResponseBase:
    """What the form as it is sent would make; the container remembers what can be remembered of it."""
    container = get_container(container_id)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("layers:container-commit", args=[container.container_id]))
    wish = sent(request, container)
    if "leave_all" in request.POST:
        wish = wish.leaving_out(all_left_out(check_hygiene(container)))
    judged = judge(container, wish)
    remember(container, wish, judged)
    if judged.is_draft and "switch" in request.POST:
        wish = wish.switched(drafted(container))
        judged = judge(container, wish)
        remember(container, wish, judged)
    return render_commit(request, container, wish, judged=judged)


def remember(container: Container, wish: CommitWish, judged: Judgement) -> None:
    """Let the container keep what a commit takes of a form, and all of it as it was typed."""
    if judged.is_draft:
        draft_commit(container=container, author=wish.author, message=wish.message, changes=judged.changes)
    if wish.is_short:
        wish = replace(typed(container), name=wish.name, author=wish.author, message=wish.message)
    keep_typed(container=container, typed=wish.typed(container.config_changes))


def typed(container: Container) -> CommitWish:
    """The form as it was left."""
    return drafted(container).retyped(container.typed, container.config_changes)


def sent(request: HtmxHttpRequest, container: Container) -> CommitWish:
    """What a form carries; the short one leaves the changes as they are drafted."""
    wish = CommitWish.sent(request)
    return wish.changing(drafted(container)) if wish.is_short else wish


def render_commit(
    request: HtmxHttpRequest,
    container: Container,
    wish: CommitWish,
    *,
    judged: Judgement | None = None,
    status: int = HTTPStatus.OK,
    refusal: str = "",
) -> HttpResponse:
    """The page of a wish, with why it was refused."""
    context = page_of(container, wish, judged or judge(container, wish)) | {"refusal": refusal}
    part = QUICK if request.htmx.target == "ask" else PART
    response = render_page(request, PAGE, partial=part, context=context, status=status)
    patch_vary_headers(response, ["HX-Target"])
    return response


def committed_url(image: Image) -> str:
    """The page of a new image, with the story of its commit open."""
    top = image.image_layers.count() - 1
    return f"{reverse('layers:image-detail', args=[image.image_id])}?layer={max(top, 0)}&committed=1"
