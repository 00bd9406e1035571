"""Logging in and out."""

from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from layers.forms import LoginForm
from layers.operations.log_in import LoginRefused, check_login
from layers.operations.record_audit import record_audit


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends; then on to where somebody wanted to go."""
    if not settings.ACCOUNTS:
        raise Http404
    form = LoginForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            address = request.META.get("REMOTE_ADDR", "")
            user = check_login(request=request, address=address, **form.cleaned_data)
        except LoginRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            login(request, user)
            request.session.clear_expired()
            return HttpResponseRedirect(next_page(request))
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "next": request.GET.get("next", "")}
    return render(request, "layers/account/login.html", context, status=status)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Ends the session, here and at the server."""
    record_audit(action="log out")
    logout(request)
    return HttpResponseRedirect(reverse("layers:login" if settings.ACCOUNTS else "layers:image-list"))


def next_page(request: HttpRequest) -> str:
    """Where somebody wanted to go; never to another site."""
    wanted = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_own else reverse("layers:image-list")
