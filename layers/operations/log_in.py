"""Find out whether somebody is who they say, and not too often."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.models import LoginFailure, User
from layers.operations.record_audit import record_audit

WINDOW = timedelta(minutes=1)


class LoginRefused(Exception):
    """Not let in. ``str(error)`` is the sentence to show: the same for a wrong name and a wrong password."""


def check_login(*, request: HttpRequest, name: str, password: str, address: str) -> User:
    """The account with that name and password.

    Raises:
        LoginRefused: there is none, or there were too many tries with this name or from this address.
    """
    now = timezone.now()
    LoginFailure.objects.filter(at__lt=now - WINDOW).delete()
    tries = LoginFailure.objects.filter(Q(name=name[:40]) | Q(address=address)).count()
    if tries >= settings.LOGIN_TRIES:
        raise LoginRefused(_("Too many tries: wait a minute."))
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        LoginFailure.objects.create(name=name[:40], address=address)
        record_audit(action="fail to log in", actor=name)
        raise LoginRefused(_("The name or the password is wrong."))
    record_audit(action="log in", actor=user.name)
    return user
