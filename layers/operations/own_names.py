"""Which names somebody may give: a student's images are called ``student/…``, and nobody else's are."""

from dataclasses import replace

from django.utils.translation import gettext as _

from layers.models import User
from layers.models.acting import acting_user, is_student
from layers.oci.errors import OCIError
from layers.oci.reference import DEFAULT_DOMAIN, OFFICIAL, Reference


class NotYourName(OCIError):
    """A name that belongs to somebody else, or to all."""


def own_name(name: Reference) -> Reference:
    """The name as whoever acts may give it: below a student's own; any other as it is.

    >>> own_name(Reference.parse("nginx:v2")).familiar
    'nginx:v2'
    """
    user = acting_user()
    if user is None or not is_student() or is_below(name, user):
        return name
    path = name.path.removeprefix(OFFICIAL)
    return replace(name, domain=DEFAULT_DOMAIN, path=f"{user.name}/{path}")


def check_name(name: Reference) -> None:
    """Raises ``NotYourName``, with one that would do, for a name that whoever acts may not give."""
    user = acting_user()
    if user is None or user.is_admin:
        return
    own = own_name(name)
    if own != name:
        raise NotYourName(
            _("Your images are called %(user)s/…: %(name)s would do.")
            % {"user": user.name, "name": own.familiar}
        )
    owner = name.path.partition("/")[0]
    is_others = name.domain == DEFAULT_DOMAIN and owner != user.name and "/" in name.path
    if is_others and User.objects.filter(name=owner).exists():
        raise NotYourName(_("%(name)s is a name of %(owner)s's.") % {"name": name.familiar, "owner": owner})


def is_below(name: Reference, user: User) -> bool:
    """Whether the name is one of the user's own."""
    return name.domain == DEFAULT_DOMAIN and name.path.startswith(f"{user.name}/")
