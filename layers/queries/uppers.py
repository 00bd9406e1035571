"""A container's upper directory, read from its rows and laid over its image."""

from collections.abc import Mapping
from functools import lru_cache, partial
from time import time

from django.conf import settings
from django.db import connection

from layers.models import Container, Image
from layers.models.extra import unpack_extra
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import join
from layers.oci.unionfs.mergedview import Load, UpperEntry
from layers.oci.unionfs.tree import Children
from layers.oci.unionfs.upper import Upper
from layers.queries.change_rows import entries_numbered
from layers.queries.directories import load_directory
from layers.queries.tree import lookup

UPPERS_KEPT = 8
DIRECTORIES_KEPT = 64
KIND_OF = tuple(Kind)
ROWS = (
    "SELECT c.revision, u.path, u.kind, u.mode, u.uid, u.gid, u.size, u.mtime, u.sha256, b.digest, u.origin,"
    " u.linkname, u.extra, u.opaque, u.link_group, u.lower"
    " FROM layers_container c LEFT JOIN layers_upperrow u ON u.container_id = c.id"
    " LEFT JOIN layers_blob b ON b.id = u.content_id WHERE c.id = %s"
)

Entries = Mapping[bytes, UpperEntry]


def open_upper(container: Container) -> Upper:
    """The container's upper over its image, to be read; it may be shared, so it is never edited."""
    return _kept(
        container.pk, container.container_id, container.revision, container.changed_at, container.image_id
    ) or _upper(container.image, read_entries(container.pk)[1])


@lru_cache(UPPERS_KEPT)
def _kept(key: int, _id: str, revision: int, _changed_at: object, image: int) -> Upper | None:
    """The upper at a revision; None where the container has gone on."""
    found, entries = read_entries(key)
    return _upper(Image.objects.select_related("chain").get(pk=image), entries) if found == revision else None


def _upper(image: Image, entries: Entries) -> Upper:
    return Upper(lower_of(image), entries, 0, settings.LIMITS, entries_numbered)


def upper_to_edit(container: Container) -> Upper:
    """The upper as it is now, nobody else's; for whoever holds the container's row."""
    return Upper(lower_of(container.image), read_entries(container.pk)[1], int(time()), settings.LIMITS)


def read_entries(container: int) -> tuple[int, dict[bytes, UpperEntry]]:
    """A container's revision, and the rows of its upper at that revision: one statement reads both."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [container])
        rows = cursor.fetchall()
    entries = {}
    for _, path, kind, *fields, origin, linkname, extra, opaque, group, lower in rows:
        if path is not None:
            mode, uid, gid, size, mtime, sha256, content = fields
            entries[bytes(path)] = UpperEntry(
                bytes(path),
                KIND_OF[kind],
                mode,
                uid,
                gid,
                size,
                mtime,
                None if sha256 is None else bytes(sha256),
                content,
                origin,
                None if linkname is None else bytes(linkname),
                None if extra is None else unpack_extra(bytes(extra)),
                bool(opaque),
                group,
                lower,
            )
    return (rows[0][0] if rows else -1), entries


def lower_of(image: Image, layers: int | None = None) -> Load:
    """The directories of an image's merged tree; a hard link to a lower layer is what it links to.

    With ``layers`` only so many count, from the bottom.
    """
    chain = image.chain
    if chain is None or layers == 0:
        return lambda path: None if path else {}
    lineage = tuple(chain.lineage[:layers])
    return partial(_directory, image.pk, chain.chain_id, chain.first_directory, lineage)


@lru_cache(DIRECTORIES_KEPT)
def _directory(
    image: int, _chain_id: str, _first: int, lineage: tuple[int, ...], path: bytes
) -> Children | None:
    """One of them. An image never changes, and every edit asks again for those that are open."""
    loaded = load_directory(lineage, path)
    if loaded is None:
        return None if path else {}
    children = loaded.children
    for name in [name for name, entry in children.items() if entry.kind is Kind.HARDLINK]:
        found = lookup(
            Image.objects.select_related("chain").get(pk=image), len(lineage) - 1, join(path, name)
        )
        children[name] = found.entry
    return children
