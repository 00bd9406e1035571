"""Whose something is, and who may change it. Who may see it is told by ``visible()`` of its queryset."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from layers.models import Container, Job
from layers.models.acting import acting, acting_user


def may_change(thing: Container | Job) -> bool:
    """Whether it belongs to whoever acts: everything does to administrators, and without accounts."""
    user = acting_user()
    return user is None or user.is_admin or thing.owner_id == user.pk


def check_change(thing: Container | Job) -> None:
    """Raises ``PermissionDenied`` in a request that may write, for what belongs to somebody else."""
    if acting().may_write and not may_change(thing):
        raise PermissionDenied(
            _("This belongs to %(owner)s: you may look at it, and change nothing.")
            % {"owner": thing.owner.name if thing.owner else _("somebody else")}
        )
