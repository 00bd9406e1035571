"""Find out whether somebody is who they say, and not too often."""

from datetime import timedelta
from threading import BoundedSemaphore

from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.models import LoginFailure, User
from layers.operations.record_audit import record_audit

WINDOW = timedelta(minutes=1)
TURNS = BoundedSemaphore(2)
"""A password takes a processor a third of a second: strangers shall not have all of them."""


class LoginRefused(Exception):
    """Not let in. ``str(error)`` is the sentence to show: the same for a wrong name and a wrong password."""


def check_login(*, request: HttpRequest, name: str, password: str, address: str) -> User:
    """The account with that name and password.

    Raises:
        LoginRefused: there is none, or there were too many tries with this name or from this address.
    """
    with TURNS:
        user = tried(request, name, password, address)
    if user is None:
        record_audit(action="fail to log in", actor=name)
        raise LoginRefused(_("The name or the password is wrong."))
    record_audit(action="log in", actor=user.name)
    return user


def tried(request: HttpRequest, name: str, password: str, address: str) -> User | None:
    """The account, if the password is right; raises ``LoginRefused`` after too many that were not.

    A try counts before it is made: many at once would else all be the first.
    """
    LoginFailure.objects.filter(at__lt=timezone.now() - WINDOW).delete()
    this = LoginFailure.objects.create(name=name[:40], address=address)
    tries = LoginFailure.objects.filter(Q(name=name[:40]) | Q(address=address)).count()
    if tries > settings.LOGIN_TRIES:
        this.delete()
        raise LoginRefused(
            _("Too many tries: wait a minute. (limit login_tries = %(limit)d, found %(found)d)")
            % {"limit": settings.LOGIN_TRIES, "found": tries}
        )
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        return None
    this.delete()
    return user
