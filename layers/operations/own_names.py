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
    """The name as whoever acts may give it: a student's, and one that is another's, below their own.

    Raises ``InvalidReference`` where it would be too long so.

    >>> own_name(Reference.parse("nginx:v2")).familiar
    'nginx:v2'
    """
    user = acting_user()
    if user is None or user.is_admin or is_below(name, user):
        return name
    path = name.path.removeprefix(OFFICIAL)
    if not is_student():
        owner, _, rest = name.path.partition("/")
        if name.domain != DEFAULT_DOMAIN or not rest or not User.objects.filter(name=owner).exists():
            return name
        path = rest
    return Reference.parse(replace(name, domain=DEFAULT_DOMAIN, path=f"{user.name}/{path}").full)


def check_name(name: Reference) -> None:
    """Raises ``NotYourName``, with one that would do, for a name that whoever acts may not give."""
    user = acting_user()
    if user is None or user.is_admin:
        return
    own = own_name(name)
    if own == name:
        return
    if is_student():
        sentence = _("Your images are called %(user)s/…: %(own)s would do.")
    else:
        sentence = _("%(name)s is a name of %(owner)s's: %(own)s would do.")
    owner = name.path.partition("/")[0]
    raise NotYourName(
        sentence % {"user": user.name, "name": name.familiar, "owner": owner, "own": own.familiar}
    )


def is_below(name: Reference, user: User) -> bool:
    """Whether the name is one of the user's own."""
    return name.domain == DEFAULT_DOMAIN and name.path.startswith(f"{user.name}/")
