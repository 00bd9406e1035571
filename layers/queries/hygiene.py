"""What a commit would better leave out: findings among a container's changes, each with its size."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from layers.models import Container
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.limits import MIB
from layers.oci.unionfs.mergedview import UpperEntry
from layers.oci.unionfs.upper import Upper
from layers.queries.container_files import BlobReader
from layers.queries.files import ContentMissing
from layers.queries.hygiene_rules import BURIED, LARGE, SECRET, first_rule, holds_secret
from layers.queries.tree import subtree_totals
from layers.queries.uppers import open_upper

LARGE_SIZE: Final = 50 * MIB
BURIED_SIZE: Final = 10 * MIB
"""From this size on it is worth saying that a deletion frees nothing."""
SEARCHED_SIZE: Final = 64 * 1024
"""Bytes at the start of a file that are searched for keys and tokens."""
SEARCHED_FILES: Final = 2000
VERDICTS_KEPT: Final = 10_000
ORDER: Final = ("secret", "history", "cache", "temporary", "log", "backup", "large", "buried")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should rather not be in the new layer."""

    kind: str
    """``secret``, ``history``, ``cache``, ``temporary``, ``log``, ``backup``, ``large``; or ``buried``."""
    path: bytes
    """To be left out with all below it."""
    size: int
    """Bytes of the files; of a buried one, those that stay in the layers below."""
    count: int
    """Files."""
    why: str
    note: str
    """What leaving it out does not do; empty if it does all."""

    @property
    def can_leave_out(self) -> bool:
        """Whether it is in the new layer at all."""
        return self.kind != BURIED


def check_hygiene(container: Container) -> list[Finding]:
    """The findings, secrets first; it costs what the edits cost."""
    upper = open_upper(container)
    found: dict[tuple[str, bytes], tuple[str, list[UpperEntry]]] = {}
    searched = 0
    for own in upper.entries.values():
        if own.kind in (Kind.WHITEOUT, Kind.DIRECTORY):
            continue
        searched += own.content is not None
        verdict = _verdict(own, search=searched <= SEARCHED_FILES)
        if verdict is not None:
            kind, path, why = verdict
            found.setdefault((kind, path), (str(why), []))[1].append(own)
    findings = [
        Finding(kind, path, weight_of(entries), len(entries), why, _note(upper, path))
        for (kind, path), (why, entries) in found.items()
    ]
    findings += _buried(container, upper)
    return sorted(findings, key=lambda finding: (ORDER.index(finding.kind), finding.path))


def _verdict(own: UpperEntry, *, search: bool) -> tuple[str, bytes, str | Promise] | None:
    """What is wrong with one path: the kind, the path to leave out, and why."""
    ruled = first_rule(own.path)
    if ruled is not None and ruled[0].kind == SECRET:
        return SECRET, ruled[1], ruled[0].why
    if search and own.content is not None and holds_token(own.content, own.size):
        return SECRET, own.path, _("holds what looks like a private key or an access token")
    if ruled is not None:
        return ruled[0].kind, ruled[1], ruled[0].why
    if own.size >= LARGE_SIZE:
        return LARGE, own.path, _("a large file")
    return None


@lru_cache(VERDICTS_KEPT)
def holds_token(digest: str, size: int) -> bool:
    """Whether the beginning of a blob looks like a key or token."""
    try:
        head = BlobReader(size, digest).read(0, SEARCHED_SIZE)
    except ContentMissing:
        return False
    return holds_secret(head)


def weight_of(entries: Iterable[UpperEntry]) -> int:
    """Bytes of files, a hard link group once."""
    groups = {own.group: own.size for own in entries if own.group}
    return sum(own.size for own in entries if not own.group) + sum(groups.values())


def _note(upper: Upper, path: bytes) -> str:
    """What stays, whatever becomes of the path in this layer."""
    image = upper.image_at(path)
    if image is None or image.kind is Kind.DIRECTORY:
        return ""
    return _("The image has one of its own there: that stays in its layers, whatever you leave out.")


def _buried(container: Container, upper: Upper) -> Iterator[Finding]:
    """Deleted paths that are delicate or large: the layers below hold them still."""
    deleted = [
        (own.path, image)
        for own in upper.entries.values()
        if own.kind is Kind.WHITEOUT and (image := upper.image_at(own.path)) is not None
    ]
    sizes = _sizes(container, deleted)
    for path, image in deleted:
        ruled = first_rule(path)
        size, count = sizes.get(path, (image.size, 1))
        is_delicate = ruled is not None and ruled[0].kind in ("secret", "history") and ruled[1] == path
        if is_delicate or size >= BURIED_SIZE:
            yield Finding(
                BURIED,
                path,
                size,
                count,
                str(ruled[0].why)
                if ruled is not None and is_delicate
                else _("deleted, and it frees nothing"),
                _("Deleting hides it: whoever has the image can still take it from the layers below."),
            )


def _sizes(container: Container, deleted: list[tuple[bytes, Entry]]) -> dict[bytes, tuple[int, int]]:
    """Bytes and paths below the directories among them."""
    chain = container.image.chain
    directories = [path for path, image in deleted if image.kind is Kind.DIRECTORY]
    return subtree_totals(chain.lineage, directories) if chain is not None and directories else {}
