"""One box for everything: what is found of each kind, with how many there are, in bounded time."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from layers.pathindex.pattern import LONGEST, parse_pattern
from layers.queries.search_content import find_content
from layers.queries.search_matches import Clock, Hit, Key, OutOfTime
from layers.queries.search_packages import find_packages, lacking_packages
from layers.queries.search_paths import find_path, find_paths
from layers.queries.search_segments import visible_segments
from layers.queries.search_texts import (
    Finder,
    TextHit,
    find_config,
    find_images,
    find_layers,
    find_steps,
    lacking_configs,
)
from layers.queries.sightings import Seen, seen

TEXTS: Final[dict[str, Finder]] = {
    "images": find_images,
    "layers": find_layers,
    "history": find_steps,
    "config": find_config,
    "packages": find_packages,
}
LACKING: Final[dict[str, Callable[[], int]]] = {"config": lacking_configs, "packages": lacking_packages}
"""How much of a kind is not read yet."""
KINDS: Final = (*TEXTS, "content", "paths")
COUNTED: Final = 1000
"""Paths that are counted; of more it is said that there are more."""
COUNT_SECONDS: Final = 0.06
"""How long those that are not shown are counted."""
SECONDS: Final = 2.0
"""What a search of paths may take; then it shows what it has found and says so."""
CONTENT: Final = re.compile(r"(?:sha256:)?([0-9a-f]{12,64})", re.IGNORECASE)
IMAGES_A_PATH: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one kind."""

    kind: str
    texts: Sequence[TextHit] = ()
    paths: Sequence[Seen] = ()
    total: int = 0
    is_more: bool = False
    """There are more than ``total``."""
    is_cut: bool = False
    """Time was up before all was looked at."""
    next: str = ""
    """Where the next page begins; empty on the last."""
    lacking: int = 0
    """Layers, or images where the kind is ``config``, that are not indexed yet."""

    @property
    def hits(self) -> Sequence[TextHit | Seen]:
        return self.texts or self.paths


def find(
    kind: str,
    text: str,
    *,
    after: str = "",
    limit: int,
    images: int = IMAGES_A_PATH,
    seconds: float | None = None,
) -> Found:
    """What of a kind has ``text`` in it, a page that begins after the ``next`` of another.

    ``images`` bounds those that are told of each path, ``seconds`` (``SECONDS``) what it may take.
    """
    if kind in TEXTS:
        return _texts(kind, text, after, limit)
    found = visible_segments()
    start = _key(after)
    clock = Clock(SECONDS if seconds is None else seconds)
    if kind == "content":
        digest = CONTENT.fullmatch(text.strip())
        hits = find_content(found, digest[1].lower(), clock, start) if digest else iter(())
        lacking = len(found.lacking) if digest else 0
    else:
        pattern = parse_pattern(text)
        hits = find_paths(found, pattern, clock, start) if pattern is not None else iter(())
        lacking = len(found.lacking)
    return _paths(kind, hits, limit, images, lacking)


def _texts(kind: str, text: str, after: str, limit: int) -> Found:
    """The texts of one kind."""
    wanted = text.replace("\0", "").encode("utf-8", "replace").decode().strip()[:LONGEST]
    if not wanted:
        return Found(kind)
    before = int(after) if after.isdecimal() and len(after) < 19 else None
    page = TEXTS[kind](wanted, before, limit + 1)
    shown = page.hits[:limit]
    return Found(
        kind,
        texts=shown,
        total=page.total,
        next=str(shown[-1].key) if len(page.hits) > limit else "",
        lacking=LACKING[kind]() if kind in LACKING else 0,
    )


def _paths(kind: str, hits: Iterator[Hit], limit: int, images: int, lacking: int) -> Found:
    """The paths of a page, and a count of those that follow."""
    shown: list[Hit] = []
    total, is_cut, is_more = 0, False, False
    end = time.monotonic() + COUNT_SECONDS
    try:
        for hit in hits:
            if len(shown) < limit:
                shown.append(hit)
            elif total >= COUNTED or time.monotonic() > end:
                is_more = True
                break
            total += 1
    except OutOfTime:
        is_cut = True
    return Found(
        kind,
        paths=seen(shown, images),
        total=total,
        is_more=is_more or is_cut,
        is_cut=is_cut,
        next=_spelled(shown[-1].key) if is_more or total > len(shown) or (is_cut and shown) else "",
        lacking=lacking,
    )


def _spelled(key: Key) -> str:
    """A key for a URL: the rank, and the bytes in hex."""
    return f"{key.rank}-{key.directory.hex()}-{key.name.hex()}"


def _key(text: str) -> Key | None:
    """The key that :func:`_spelled` spelled; None for anything else."""
    rank, _, rest = text.partition("-")
    directory, _, name = rest.partition("-")
    try:
        return Key(int(rank), bytes.fromhex(directory), bytes.fromhex(name))
    except ValueError:
        return None


def occurrences(path: bytes, *, before: int | None = None, limit: int) -> tuple[Seen | None, int | None]:
    """Every image that holds exactly this path, a page of them, and the image that the next begins after."""
    hit = find_path(visible_segments(), path)
    if hit is None:
        return None, None
    (found,) = seen([hit], limit + 1, before)
    images = list(dict.fromkeys(each.image.pk for each in found.sightings))
    shown = set(images[:limit])
    page = replace(found, sightings=tuple(each for each in found.sightings if each.image.pk in shown))
    return page, images[limit - 1] if len(images) > limit else None
