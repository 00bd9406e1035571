"""The pages of accounts: one's own, those of all, and what was done."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from layers.forms import AccountForm, TokenForm
from layers.models import ApiToken, AuditEntry, Role, User
from layers.models.acting import acting_user
from layers.oci.digest import Digest
from layers.operations.create_user import AccountRefused, change_user, create_user
from layers.operations.record_audit import record_audit
from layers.operations.share_image import share_image
from layers.operations.tokens import issue_token
from layers.queries.quota import quota_of
from layers.views.images import get_image
from layers.views.state import number

AUDIT_ROWS = 100
TOKEN_DAYS = 90


def account() -> User:
    """Whose request it is; 404 where there are no accounts."""
    user = acting_user()
    if not settings.ACCOUNTS or user is None:
        raise Http404
    return user


def administrator() -> User:
    """The same; 403 for others."""
    user = account()
    if not user.is_admin:
        raise PermissionDenied(_("Only an administrator may do this."))
    return user


@require_safe
def own_account(request: HttpRequest) -> HttpResponse:
    """Who one is here, how much one has, and the tokens of one's programs."""
    return own_page(request, TokenForm())


def person(request: HttpRequest) -> User:
    """Whoever has logged in; 403 for a token: one that got lost must not make others that outlive it."""
    user = account()
    if getattr(request, "by_token", False):
        raise PermissionDenied(_("A token may not do this: log in."))
    return user


def own_page(
    request: HttpRequest, form: TokenForm, *, text: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    user = account()
    context = {
        "section": "account",
        "account": user,
        "quota": quota_of(user),
        "tokens": user.tokens.all(),
        "form": form,
        "text": text,
    }
    return render(request, "layers/account/own.html", context, status=status)


@never_cache
@require_POST
def token_create(request: HttpRequest) -> HttpResponse:
    """A new token, shown this once."""
    user, form = person(request), TokenForm(request.POST)
    if not form.is_valid():
        return own_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    token, text = issue_token(user=user, label=form.cleaned_data["label"], days=TOKEN_DAYS)
    record_audit(action="make token", target=token.label)
    return own_page(request, TokenForm(), text=text)


@require_POST
def token_delete(request: HttpRequest, token_id: int) -> HttpResponse:
    """Takes a token of one's own back."""
    token = get_object_or_404(ApiToken, pk=token_id, user=person(request))
    record_audit(action="delete token", target=token.label)
    token.delete()
    return HttpResponseRedirect(reverse("layers:account"))


@require_safe
def account_list(request: HttpRequest) -> HttpResponse:
    """Every account, and the form that opens one."""
    administrator()
    return accounts_page(request, AccountForm())


def accounts_page(request: HttpRequest, form: AccountForm, status: int = HTTPStatus.OK) -> HttpResponse:
    users = [(user, quota_of(user)) for user in User.objects.all()]
    context: dict[str, Any] = {"section": "account", "users": users, "roles": Role.choices, "form": form}
    return render(request, "layers/account/list.html", context, status=status)


@sensitive_post_parameters("password")
@require_POST
def account_create(request: HttpRequest) -> HttpResponse:
    """Opens an account."""
    administrator()
    person(request)
    form = AccountForm(request.POST)
    if form.is_valid():
        try:
            create_user(**form.cleaned_data)
            return HttpResponseRedirect(reverse("layers:account-list"))
        except AccountRefused as refusal:
            form.add_error(None, str(refusal))
    return accounts_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)


@sensitive_post_parameters("password")
@require_POST
def account_change(request: HttpRequest, name: str) -> HttpResponse:
    """Another role or password; closes an account, or opens it again."""
    administrator()
    person(request)
    user, form = get_object_or_404(User, name=name), AccountForm()
    state = request.POST.get("state", "")
    try:
        change_user(
            user=user,
            role=request.POST.get("role") or None,
            password=request.POST.get("password") or None,
            is_active={"open": True, "closed": False}.get(state),
        )
    except AccountRefused as refusal:
        form.is_valid()
        form.errors.setdefault("__all__", form.error_class([str(refusal)]))
        return accounts_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return HttpResponseRedirect(reverse("layers:account-list"))


@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """What was done, newest first."""
    administrator()
    offset = number(request.GET.get("offset"), 0, 2**40, 0)
    rows = list(AuditEntry.objects.all()[offset : offset + AUDIT_ROWS + 1])
    context = {
        "section": "account",
        "rows": rows[:AUDIT_ROWS],
        "newer": max(0, offset - AUDIT_ROWS) if offset else None,
        "older": offset + AUDIT_ROWS if len(rows) > AUDIT_ROWS else None,
    }
    return render(request, "layers/account/audit.html", context)


@require_POST
def image_share(request: HttpRequest, digest: Digest) -> HttpResponse:
    """Shows an image to everybody, or to those alone who brought it."""
    account()
    image = get_image(digest)
    share_image(image=image, is_shared=request.POST.get("shared") == "1")
    return HttpResponseRedirect(reverse("layers:image-detail", args=[digest]))
