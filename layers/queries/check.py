"""An image held against rules: each with what was found, and whether that will do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from layers.models import Image
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.globs import compile_glob
from layers.oci.changeset.paths import join
from layers.oci.unionfs.accounting import Held
from layers.queries import check_rules as names
from layers.queries.check_rules import Rules
from layers.queries.dive import dive_score_of
from layers.queries.held import held_directories
from layers.queries.ledgers import ledger_of

PATHS_GIVEN: Final = 20

Match = tuple[str, bytes, int, bool]
"""A pattern, a path, the layer that has it, and whether it is seen."""


@dataclass(slots=True)
class FoundPath:
    """A path that a pattern matches."""

    path: bytes
    layers: list[int]
    """All that have it, the topmost first."""
    is_visible: bool
    """Whether the image shows it; else it is in a layer below, for anyone to recover."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule."""

    rule: str
    """Its name in the file."""
    passed: bool | None
    """None for a rule that is switched off."""
    pattern: str = ""
    limit: float | int | None = None
    found: float | int | None = None
    paths: tuple[FoundPath, ...] = field(default=())
    """Some of those that were found."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """All verdicts, in the order of the rules."""

    numbers: str
    """Whose they are: ``own`` or ``dive``."""
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        return all(verdict.passed is not False for verdict in self.verdicts)

    @property
    def failed_count(self) -> int:
        return sum(verdict.passed is False for verdict in self.verdicts)


def check(image: Image, rules: Rules) -> CheckResult:
    """Hold an image against rules."""
    return CheckResult(rules.numbers, (*_figures(image, rules), *_paths(image, rules)))


def _figures(image: Image, rules: Rules) -> Iterator[Verdict]:
    """dive's three rules, by our figures or by dive's."""
    score = dive_score_of(image) if rules.numbers == names.DIVE else ledger_of(image)
    low, most, part = (
        rules.lowest_efficiency,
        rules.highest_wasted_bytes,
        rules.highest_user_wasted_percent,
    )
    enough = None if low is None else score.efficiency >= low
    yield Verdict(names.EFFICIENCY, enough, limit=low, found=score.efficiency)
    few = None if most is None else score.wasted <= most
    yield Verdict(names.WASTED, few, limit=most, found=score.wasted)
    small = None if part is None else score.user_wasted <= part
    yield Verdict(names.USER_WASTED, small, limit=part, found=score.user_wasted)


def _paths(image: Image, rules: Rules) -> Iterator[Verdict]:
    found = find_paths(image, {*rules.forbidden, *rules.required})
    for pattern in rules.forbidden:
        paths = found[pattern]
        yield Verdict(names.FORBIDDEN, not paths, pattern, found=len(paths), paths=_some(paths))
    for pattern in rules.required:
        paths = [path for path in found[pattern] if path.is_visible]
        yield Verdict(names.REQUIRED, bool(paths), pattern, found=len(paths), paths=_some(paths))


def _some(paths: Iterable[FoundPath]) -> tuple[FoundPath, ...]:
    """Those that are seen first."""
    return tuple(sorted(paths, key=lambda found: (not found.is_visible, found.path))[:PATHS_GIVEN])


def find_paths(image: Image, patterns: Iterable[str]) -> dict[str, list[FoundPath]]:
    """The paths of all layers that each pattern matches; of a tree that matches only the top."""
    found: dict[str, dict[bytes, FoundPath]] = {pattern: {} for pattern in patterns}
    if image.chain is None or not found:
        return {pattern: [] for pattern in found}
    for pattern, path, layer, is_visible in _matches(image.chain.lineage, found):
        known = found[pattern].setdefault(path, FoundPath(path, [], False))
        known.layers.append(layer)
        known.is_visible = known.is_visible or is_visible
    return {pattern: list(paths.values()) for pattern, paths in found.items()}


def _matches(lineage: list[int], patterns: Mapping[str, object]) -> Iterator[Match]:
    matchers = [(pattern, compile_glob(pattern).match) for pattern in patterns]
    for directory, rows in held_directories(lineage):
        open_ones = [(pattern, match) for pattern, match in matchers if not match(directory)]
        for name, layer, is_visible in _entries(rows) if open_ones else ():
            path = join(directory, name)
            for pattern, match in open_ones:
                if match(path):
                    yield pattern, path, layer, is_visible


def _entries(rows: Iterable[Held]) -> Iterator[tuple[bytes, int, bool]]:
    """What layers have in a directory, the topmost first: name, layer, and whether it is seen."""
    over: set[bytes] = set()
    is_over = False
    for held in rows:
        for entry in held.entries:
            if entry.kind is not Kind.WHITEOUT:
                yield entry.name, held.position, not is_over and entry.name not in over
        over.update(entry.name for entry in held.entries)
        is_over = is_over or held.cut or held.gone
