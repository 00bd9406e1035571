"""The life of a path with the steps of the build that made it so."""

from dataclasses import dataclass

from layers.models import Image
from layers.queries.history import MISSING, Step, step
from layers.queries.images import short_id
from layers.queries.tree import NoSuchPath, lookup
from layers.queries.versions import Version, versions


@dataclass(frozen=True, slots=True)
class Event:
    """What one layer did to the path, and the step that made the layer."""

    version: Version
    step: Step | None
    """None where the history says nothing of the layer."""


def life(image: Image, path: bytes) -> list[Event]:
    """Every version, oldest first; nothing for a path that never was."""
    steps = steps_by_layer(image)
    return [Event(version, steps.get(version.position)) for version in versions(image, path)]


def steps_by_layer(image: Image) -> dict[int, Step]:
    """The steps that made layers, by their position; of their sizes and images nothing is asked."""
    rows = image.history_rows.exclude(position=None)
    return {row.position: step(row, {}, MISSING) for row in rows if row.position is not None}


def living_path(image: Image, path: bytes) -> bytes:
    """The path itself if it ever was, else where linked directories lead it at the top.

    Raises:
        NoSuchPath: it never was, and leads nowhere.
    """
    if versions(image, path):
        return path
    top = image.chain.depth if image.chain is not None else -1
    real = lookup(image, top, path, follow=True).path
    if not versions(image, real):
        raise NoSuchPath(f"/{real.decode(errors='replace')} never was in {short_id(image)}.")
    return real
