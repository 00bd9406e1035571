"""What to do about the bytes that an image need not ship: the top causes, dearest first."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from layers.models import Image
from layers.oci.findings.cover import covered
from layers.oci.unionfs.diff import Reason
from layers.oci.unionfs.ledger import How, Item, Ledger
from layers.queries.hygiene_rules import CACHE, LOG, TEMPORARY, first_rule
from layers.queries.ledgers import kept_with_ledger
from layers.queries.stack import StackRow, stack

DELETED, METADATA, SAME, DATABASE, OVERWRITTEN, LEFT, DUPLICATE = (
    *("deleted", "metadata", "same", "database"),
    *("overwritten", "left", "duplicate"),
)
ADVICE_GIVEN: Final = 8
PATHS_GIVEN: Final = 3
LEAST_PART: Final = 1000
"""What is less than this part of the image is not worth a sentence."""
METADATA_BITS: Final = Reason.OWNER | Reason.MODE | Reason.XATTR
DATABASES: Final = re.compile(
    rb"var/lib/dpkg/(?:status|available|diversions|statoverride|triggers/.*)(?:-old)?"
    rb"|(?:var|usr)/lib/(?:rpm|sysimage)/.*|lib/apk/db/.*|var/lib/(?:apt/extended_states|pacman/.*|dnf/.*)"
    rb"|etc/ld\.so\.cache|.*\.(?:db|sqlite3?)(?:-(?:wal|shm|journal))?",
    re.DOTALL,
)
"""Files that a package manager or a program writes whole, for one line more."""

Key = tuple[str, int, int | None]
"""A kind of advice, the layer that brought the bytes, and the one that hid them."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One cause of bytes that are shipped for nothing. Paths and instructions are text of the image."""

    kind: str
    size: int
    """Bytes that need not be."""
    position: int | None
    """The layer that brought them; None for several."""
    hidden_by: int | None
    """The layer that hid them; None for what is still seen."""
    paths: tuple[tuple[bytes, int], ...]
    """The largest, each with its bytes."""
    path_count: int
    brought: str = ""
    hid: str = ""
    """The instructions that made the two layers, on one line, secrets covered; empty where nothing tells."""


def advise(image: Image, *, limit: int = ADVICE_GIVEN) -> list[Advice]:
    """The causes that cost most."""
    found = causes(image)[:limit]
    steps = {row.position: covered(instruction(row)) for row in stack(image)} if found else {}
    return [
        replace(
            cause,
            brought="" if cause.position is None else steps.get(cause.position, ""),
            hid="" if cause.hidden_by is None else steps.get(cause.hidden_by, ""),
        )
        for cause in found
    ]


@kept_with_ledger
def causes(ledger: Ledger) -> list[Advice]:
    """All causes that are worth a sentence, before the history is asked."""
    found = [_advice(key, items) for key, items in _causes(ledger).items()]
    found += _duplicates(ledger)
    least = max(1, ledger.content_size // LEAST_PART)
    worth_it = [advice for advice in found if advice.size >= least]
    return sorted(worth_it, key=lambda advice: (-advice.size, advice.kind))


def instruction(row: StackRow) -> str:
    """What made a layer, on one line, hashes cut short."""
    return " ".join(f"{row.verb} {row.rest or row.comment}".split())


def _causes(ledger: Ledger) -> dict[Key, list[Item]]:
    """The items that each piece of advice is about."""
    causes: dict[Key, list[Item]] = {}
    for item in ledger.items:
        kind = _kind(item)
        if kind is not None:
            hidden_by = None if item.is_live else item.hidden_by
            causes.setdefault((kind, item.position, hidden_by), []).append(item)
    return causes


def _kind(item: Item) -> str | None:
    """What advice an item calls for, if any."""
    if item.is_live:
        found = first_rule(item.path)
        return LEFT if found is not None and found[0].kind in (CACHE, TEMPORARY, LOG) else None
    if item.how.is_deleted:
        return DELETED
    if item.how is How.IDENTICAL:
        return METADATA if item.reasons & METADATA_BITS else SAME
    return DATABASE if DATABASES.fullmatch(item.path) else OVERWRITTEN


def _advice(key: Key, items: Iterable[Item]) -> Advice:
    kind, position, hidden_by = key
    sizes: Counter[bytes] = Counter()
    for item in items:
        sizes[_told(kind, item)] += item.size
    top = tuple(sizes.most_common(PATHS_GIVEN))
    return Advice(kind, sum(sizes.values()), position, hidden_by, top, len(sizes))


def _told(kind: str, item: Item) -> bytes:
    """The path that tells of an item: of what was deleted or left, the topmost directory that is so."""
    if kind == LEFT:
        found = first_rule(item.path)
        return found[1] if found else item.path
    return item.end if kind == DELETED else item.path


def _duplicates(ledger: Ledger) -> Iterator[Advice]:
    """One piece for all content that is there twice: alone each is too little to tell."""
    groups = ledger.duplicates
    if groups:
        top = tuple((group.items[0].path, group.extra_size) for group in groups[:PATHS_GIVEN])
        size = sum(group.extra_size for group in groups)
        yield Advice(DUPLICATE, size, None, None, top, len(groups))
