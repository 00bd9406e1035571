"""Open an account, change what it may, close it."""

import re
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from layers.models import Reference, Role, User
from layers.oci.reference import DEFAULT_DOMAIN
from layers.operations.record_audit import record_audit

NAME: Final = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
LONGEST_NAME: Final = 40
RESERVED: Final = ("library",)


class AccountRefused(Exception):
    """An account that cannot be opened, or changed so. ``str(error)`` is the sentence to show."""


def create_user(*, name: str, password: str, role: str = Role.STUDENT) -> User:
    """A new account.

    Raises:
        AccountRefused: the name is taken, none that an image can have, or already the beginning of some
            image's name; or the password is easy to guess.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME or name in RESERVED:
        raise AccountRefused(
            _("An account is named with lower-case letters and digits, parted by . _ or -; at most %(most)d.")
            % {"most": LONGEST_NAME}
        )
    if Reference.objects.filter(repository__startswith=f"{DEFAULT_DOMAIN}/{name}/").exists():
        raise AccountRefused(
            _("There are images called %(name)s/… already, which would be theirs to move.") % {"name": name}
        )
    user = User(name=name, role=checked_role(role))
    set_password(user, password)
    try:
        with transaction.atomic():
            user.save()
            record_audit(action="create account", target=f"{name} ({role})")
    except IntegrityError as error:
        raise AccountRefused(_("There is an account called %(name)s.") % {"name": name}) from error
    return user


def change_user(
    *, user: User, role: str | None = None, password: str | None = None, is_active: bool | None = None
) -> None:
    """Give an account another role or password, close it, or open it again; what it has stays.

    Raises:
        AccountRefused: the password is easy to guess, or nobody would be left to administer.
    """
    changed = []
    if role is not None:
        user.role = checked_role(role)
        changed.append(role)
    if password is not None:
        set_password(user, password)
        changed.append("password")
    if is_active is not None:
        user.is_active = is_active
        changed.append("open" if is_active else "closed")
    with transaction.atomic():
        user.save()
        if not User.objects.filter(role=Role.ADMIN, is_active=True).exists():
            raise AccountRefused(_("One administrator has to stay."))
        record_audit(action="change account", target=f"{user.name}: {', '.join(changed)}")


def checked_role(role: str) -> str:
    if role not in Role.values:
        raise AccountRefused(_("A role is one of %(roles)s.") % {"roles": ", ".join(Role.values)})
    return role


def set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountRefused(" ".join(error.messages)) from error
    user.set_password(password)
