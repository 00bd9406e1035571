"""Containers: all of them, and the one that a name or an ID means."""

import re
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from layers.models import Container, Image
from layers.models.acting import acting_user
from layers.oci.errors import shown
from layers.queries.container_changes import container_counts
from layers.queries.images import names_of, names_of_images, short_id
from layers.queries.uppers import open_upper

__all__ = ["AmbiguousContainer", "ContainerNotFound", "ContainerRow", "find_container", "list_containers"]

ID_PREFIX: Final = re.compile(r"[0-9a-f]{1,64}")


class ContainerNotFound(LookupError):
    """No container has that name or ID."""


class AmbiguousContainer(LookupError):
    """Several containers have an ID that starts so."""


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """A container, with what there is to see of it in a list."""

    container: Container
    image: str
    """What docker calls the image in ``docker ps``: a name if it has one, else its short ID."""
    added: int
    changed: int
    deleted: int
    """Rows of ``docker diff``."""
    size: int
    """Bytes of the files in its upper."""

    @property
    def counts(self) -> dict[str, int]:
        return {"A": self.added, "C": self.changed, "D": self.deleted}

    @property
    def change_count(self) -> int:
        return self.added + self.changed + self.deleted


def find_container(text: str) -> Container:
    """The container that an ID, a name or the unique beginning of an ID means, in docker's order.

    Raises:
        ContainerNotFound, AmbiguousContainer
    """
    containers = Container.objects.visible().select_related("image__chain", "owner")
    name = text.removeprefix("/")
    found = []
    if text.isascii() and text.isprintable():  # nothing else is a name, or fit for a database
        found = list(containers.filter(container_id=text)) or named(containers, name)
    if not found and ID_PREFIX.fullmatch(text):
        found = list(containers.filter(container_id__startswith=text).order_by("container_id"))
    if len(found) > 1:
        message = _("%(text)s is the beginning of several IDs: %(containers)s.")
        names = ", ".join(f"{each.short_id} ({each.name})" for each in found)
        raise AmbiguousContainer(message % {"text": shown(text), "containers": names})
    if not found:
        raise ContainerNotFound(_("No such container: %(text)s") % {"text": shown(text)[1:-1]})
    return found[0]


def named(containers: QuerySet[Container], name: str) -> list[Container]:
    """The containers of a name: one's own before those of others, which ``owner/name`` means."""
    owner, slash, rest = name.partition("/")
    if slash:
        return list(containers.filter(owner__name=owner, name=rest))
    return list(containers.filter(name=name, owner=acting_user())) or list(containers.filter(name=name))


def list_containers() -> list[ContainerRow]:
    """Every container, newest first."""
    names = names_of_images()
    containers = Container.objects.visible().select_related("image__chain", "owner")
    containers = containers.order_by("-created_at", "-pk")
    return [_row(container, image_name(container.image, names)) for container in containers]


def _row(container: Container, image: str) -> ContainerRow:
    counts = container_counts(container)
    return ContainerRow(container, image, counts["A"], counts["C"], counts["D"], open_upper(container).size)


def image_name(image: Image, names: dict[int, list[tuple[str, str]]] | None = None) -> str:
    """A name of the image as docker shows it, ``latest`` left out; its short ID where it has none."""
    for repository, tag in names_of(image) if names is None else names.get(image.pk, ()):
        return repository if tag == "latest" else f"{repository}:{tag}"
    return short_id(image)
