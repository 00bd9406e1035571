"""COPY and ADD of a history: where the builder kept no names, the layer's files tell some."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from layers.oci.dockerfile.recorded import Origin, Recorded
from layers.oci.dockerfile.respell import Spelled, commented
from layers.oci.dockerfile.spell import SIMPLE, spell_words

HASHED: Final = re.compile(r"(file|dir|multi):[0-9a-f]{64} in ")
FROM_HASH: Final = "the builder keeps a hash of the source, not its name"
FROM_LAYER: Final = "the builder keeps a hash of the source; the name is that of the file in the layer"
TAR: Final = "an archive that was unpacked; its name is not recorded"
FLAGS: Final = "the owner is that of the files in the layer: flags are not recorded"
STAGE: Final = "the source is absolute, so it came from another stage or image, which is not recorded"
MOST_NAMES: Final = 12
ROOT: Final = (0, 0)


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What a layer holds, as far as it helps."""

    files: Sequence[bytes] = ()
    """Paths of its files; none where there are many."""
    file_count: int = 0
    owner: tuple[int, int] | None = None
    """Of all its files; None where they differ."""


def respell_copy(row: Recorded, facts: LayerFacts, *, is_first: bool) -> Spelled:
    """The line; ``is_first`` where nothing is below its layer."""
    hashed = HASHED.search(row.text)
    if hashed is not None:
        return _from_hash(row, hashed, facts, is_first)
    text = row.text.strip()
    if "\n" in text:
        return Spelled(commented(f"{row.name} {text}"), FROM_HASH)
    if row.origin is not Origin.BUILDKIT or text.startswith("--"):
        return Spelled(f"{row.name} {text}")
    owner = f"--chown={facts.owner[0]}:{facts.owner[1]} " if facts.owner and facts.owner != ROOT else ""
    guess = STAGE if text.startswith("/") and row.name == "COPY" else FLAGS if owner else ""
    return Spelled(f"{row.name} {owner}{text}", guess)


def _from_hash(row: Recorded, hashed: re.Match[str], facts: LayerFacts, is_first: bool) -> Spelled:
    """A line of the classic builder: ``ADD file:… in /``."""
    flags, target = row.text[: hashed.start()].strip(), row.text[hashed.end() :].strip()
    kind = hashed[1]
    if row.name == "ADD" and kind == "file" and (facts.file_count > 1 or is_first):
        sources, guess = ["rootfs.tar" if target == "/" else "archive.tar"], TAR
    elif kind == "dir" or not 0 < len(facts.files) <= MOST_NAMES:
        name = target.rstrip("/").rpartition("/")[2]
        sources, guess = [f"{name if name not in ('', '.') else '.'}/"], FROM_HASH
    else:
        sources, guess = (
            [path.rpartition(b"/")[2].decode("utf-8", "replace") for path in facts.files],
            FROM_LAYER,
        )
    words = [*sources, target]
    place = f"{row.name} {flags} " if flags else f"{row.name} "
    if all(SIMPLE.fullmatch(word) for word in words):
        return Spelled(place + " ".join(words), guess)
    return Spelled(spell_words(place.strip(), words), guess)
