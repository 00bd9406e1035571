"""Indexes: which images, and what else, stand in them."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layers.models import Image, IndexEntry, Manifest
from layers.models.acting import sees_all

MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
"""What the kernel calls a processor, and what an image does."""

Members = dict[int, list[IndexEntry]]


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One manifest of an index."""

    platform: str
    image: Image | None
    """None for what is no image, or is not in the library."""
    digest: str
    kind: str
    """A ``Manifest.Kind``; ``image`` where the library does not hold it."""


def platforms(image: Image) -> list[PlatformRow]:
    """What the indexes that list ``image`` hold, nested ones too: this machine's first, then in order.

    Empty for an image that no index lists.
    """
    entries = visible_members()
    tops = [index for index in entries if image.pk in set(images_below(index, entries))]
    rows = {entry.digest: row_of(entry) for index in tops for entry in entries_below(index, entries)}
    host = host_platform()
    return sorted(rows.values(), key=lambda row: (row.kind != "image", not row.platform.startswith(host)))


def row_of(entry: IndexEntry) -> PlatformRow:
    manifest = entry.manifest
    image = manifest.image if manifest else None
    said = "/".join((image.os, image.architecture, image.variant)).strip("/") if image else ""
    return PlatformRow(
        platform=entry.platform or said,
        image=image,
        digest=entry.digest,
        kind=manifest.kind if manifest else Manifest.Kind.IMAGE,
    )


def host_platform() -> str:
    """``linux/`` and this machine's architecture, as images spell it."""
    machine = platform.machine()
    return f"linux/{MACHINES.get(machine, machine)}"


def images_of_indexes() -> dict[int | None, set[int]]:
    """The primary keys of the images in each index, by the index's."""
    entries = members()
    return {index: set(images_below(index, entries)) for index in entries}


def members() -> Members:
    """The entries of every index, by its primary key."""
    found: Members = {}
    for entry in IndexEntry.objects.select_related("manifest__image").order_by("index_id", "position"):
        found.setdefault(entry.index_id, []).append(entry)
    return found


def visible_members() -> Members:
    """The same for whoever acts: what only others brought is in no index of theirs."""
    found = members()
    if sees_all():
        return found
    seen = set(Manifest.objects.visible().values_list("pk", flat=True))
    for entry in (entry for entries in found.values() for entry in entries):
        if entry.manifest_id not in seen:
            entry.manifest = None
    return {index: entries for index, entries in found.items() if index in seen}


def entries_below(index: int, entries: Members, above: frozenset[int] = frozenset()) -> Iterator[IndexEntry]:
    """Every entry of an index and of those it lists, which are left out themselves."""
    for entry in entries.get(index, ()):
        if entry.manifest_id in entries and entry.manifest_id not in above:
            yield from entries_below(entry.manifest_id, entries, above | {index})
        else:
            yield entry


def images_below(index: int, entries: Members) -> Iterator[int]:
    """The primary keys of its images."""
    for entry in entries_below(index, entries):
        if entry.manifest is not None and entry.manifest.image_id is not None:
            yield entry.manifest.image_id
