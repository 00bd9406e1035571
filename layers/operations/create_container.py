"""Make a container from an image: ``docker create``, where nothing ever runs."""

import re
import secrets
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from layers.models import Container, Image
from layers.models.acting import acting_user
from layers.oci.errors import EditRefused
from layers.operations.container_names import generated_name
from layers.operations.record_audit import record_audit

NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
LONGEST_NAME: Final = 128
ATTEMPTS: Final = 10


class NameTaken(EditRefused):
    """Another container has the name."""


def create_container(*, image: Image, name: str = "") -> Container:
    """A container that shows the image, nothing changed; without a name it gets one.

    Raises:
        EditRefused: the name is none that docker takes.
        NameTaken: another container has it.
    """
    if name:
        return _create(image, checked_name(name))
    for attempt in range(ATTEMPTS):
        try:
            return _create(image, generated_name(attempt))
        except NameTaken:
            continue
    return _create(image, f"{generated_name(ATTEMPTS)}_{secrets.token_hex(4)}")


def _create(image: Image, name: str) -> Container:
    try:
        with transaction.atomic():
            record_audit(action="create container", target=f"{name}: {image.image_id}")
            return Container.objects.create(
                container_id=secrets.token_hex(32), name=name, image=image, owner=acting_user()
            )
    except IntegrityError as error:
        raise name_taken(name) from error


def checked_name(name: str) -> str:
    """``name`` if docker takes it; raises ``EditRefused``."""
    name = name.removeprefix("/")
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise EditRefused(
            _("Invalid container name (%(name)s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
            % {"name": name[:LONGEST_NAME]}
        )
    return name


def name_taken(name: str) -> Exception:
    """What docker says of a name that is in use."""
    other = Container.objects.filter(name=name, owner=acting_user()).first()
    if other is None:
        return EditRefused(_("The image has just been removed."))
    return NameTaken(
        _(
            "Conflict. The container name “/%(name)s” is already in use by container “%(id)s”."
            " You have to remove (or rename) that container to be able to reuse that name."
        )
        % {"name": name, "id": other.container_id}
    )
