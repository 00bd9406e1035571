"""What is compared: an image, an image up to one of its layers, or a container; and how it is spelled."""

from contextlib import suppress
from dataclasses import dataclass

from layers.models import Container, Image
from layers.models.acting import acting_user
from layers.queries.containers import AmbiguousContainer, ContainerNotFound, find_container
from layers.queries.images import AmbiguousImage, ImageNotFound, find_image, names_of_images
from layers.queries.positions import NoSuchLayer, position_of

__all__ = [
    "REFUSALS",
    "AmbiguousContainer",
    "AmbiguousImage",
    "Choices",
    "ImageNotFound",
    "NoSuchLayer",
    "Side",
    "container_text",
    "find_side",
    "named_container",
    "shared_layers",
    "side_choices",
]

REFUSALS = (ImageNotFound, AmbiguousImage, AmbiguousContainer, NoSuchLayer)
"""What :func:`find_side` raises; the messages are fit to show."""
LONG_ID = len("sha256:") + 64


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison."""

    text: str
    """What means it, in a command and in a URL: ``nginx:v2``, ``nginx:v2@3``, ``brave_otter``."""
    image: Image
    """The image, or that of the container."""
    position: int
    """The layer up to which the image counts; -1 where it has none."""
    container: Container | None = None

    @property
    def lineage(self) -> list[int]:
        """The ids of the chains up to that layer, bottom first."""
        return self.image.chain.lineage[: self.position + 1] if self.image.chain is not None else []

    @property
    def label(self) -> str:
        """The text, a whole ID in it cut short as docker does."""
        name, at, layer = self.text.rpartition("@")
        name = name if at else self.text
        if len(name) == LONG_ID and name.startswith("sha256:"):
            name = name[7:19]
        elif self.container is not None and name == self.container.container_id:
            name = self.container.short_id
        return f"{name}@{layer}" if at else name

    @property
    def name(self) -> str:
        """What means the image or the container, without a layer."""
        return self.text.removesuffix(f"@{self.position}")

    @property
    def is_whole(self) -> bool:
        """Whether no layer of the image is left out."""
        return self.position == top_of(self.image)


def top_of(image: Image) -> int:
    """The position of the top layer; -1 where there is none."""
    return image.chain.depth if image.chain is not None else -1


def find_side(text: str, layer: str | None = None) -> Side:
    """What ``text`` means: a container, an image, or ``IMAGE@LAYER``; with ``layer`` an image at that.

    A container's name or ID goes before an image's, as in ``diff``. LAYER is a position or a diff ID.

    Raises:
        ImageNotFound, AmbiguousImage, AmbiguousContainer, NoSuchLayer
    """
    if layer is not None:
        image = find_image(text)
        position = position_of(image, layer)
        return Side(f"{text}@{position}", image, position)
    name, at, layer = text.rpartition("@")
    if at and ":" not in layer:  # what follows is no digest, so this is neither an image nor a container
        with suppress(ImageNotFound):
            return find_side(name, layer)
    container = named_container(text)
    if container is not None:
        return Side(text, container.image, top_of(container.image), container)
    try:
        image = find_image(text)
    except ImageNotFound:
        if not at:
            raise
        with suppress(ImageNotFound):
            return find_side(name, layer)
        raise
    return Side(text, image, top_of(image))


def named_container(text: str) -> Container | None:
    """The container that ``text`` means; an image whose name or ID it is goes before the start of an ID."""
    try:
        container = find_container(text)
    except ContainerNotFound:
        return None
    if text in (container.name, f"/{container.name}", container.container_id):
        return container
    with suppress(ImageNotFound, AmbiguousImage):
        find_image(text)
        return None
    return container


@dataclass(frozen=True, slots=True)
class Choices:
    """What a side may be: texts that :func:`find_side` takes."""

    images: list[str]
    containers: list[str]
    left_out: int
    """How many more there are."""


def side_choices(text: str = "", limit: int = 200) -> Choices:
    """Images and containers with ``text`` in their name or ID, images by name, then those without one."""
    names = names_of_images()
    named = sorted({f"{repository}:{tag}" for pairs in names.values() for repository, tag in pairs})
    unnamed = Image.objects.visible().exclude(pk__in=names).order_by("-pk").values_list("image_id", flat=True)
    wanted = text.strip().casefold()
    images = [each for each in (*named, *unnamed) if wanted in each.casefold()]
    containers = [
        container_text(container)
        for container in Container.objects.visible().select_related("owner").order_by("name")
        if wanted in container_text(container).casefold() or container.container_id.startswith(wanted)
    ]
    left_out = max(0, len(images) - limit) + max(0, len(containers) - limit)
    return Choices(images[:limit], containers[:limit], left_out)


def container_text(container: Container) -> str:
    """Its name; that of somebody else's with the owner's before it."""
    owner = container.owner
    return container.name if owner is None or owner == acting_user() else f"{owner.name}/{container.name}"


def shared_layers(a: Side, b: Side) -> int:
    """How many layers from the bottom up are the same in both, with all below them."""
    count = 0
    for mine, other in zip(a.lineage, b.lineage, strict=False):
        if mine != other:
            break
        count += 1
    return count
