"""Two image configs field by field: what one has and the other has not, or has otherwise."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

MISSING: Final = object()
MANY: Final = 100
"""Names in an object from which on each is a field of its own, although the other side has none."""
ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
GROWING: Final = ("history", "rootfs.diff_ids")
"""Lists that a commit adds to: only what is new is told of them."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs; each side as JSON, None where it is not there."""

    name: str
    """``config.Env.PATH``, ``history[4]``: variables by their name, list items by their place."""
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        """``A``, ``C`` or ``D``; empty where both sides are the same."""
        if self.before == self.after:
            return ""
        return "A" if self.before is None else "D" if self.after is None else "C"


def field_changes(
    before: Mapping[str, object], after: Mapping[str, object], *, same: bool = False
) -> list[FieldChange]:
    """Every field in which two configs differ, in the order of the second; with ``same`` all fields."""
    return [change for change in _fields("", before, after) if same or change.kind]


def _fields(name: str, before: Any, after: Any) -> Iterator[FieldChange]:
    if name == "config.Env":
        before, after = _variables(before), _variables(after)
    if name.startswith("config.") and max(map(_length, (before, after))) > MANY:
        before, after = ({} if side is MISSING or side is None else side for side in (before, after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*after, *(key for key in before if key not in after)]:
            field = f"{name}.{key}" if name else str(key)
            yield from _fields(field, before.get(key, MISSING), after.get(key, MISSING))
    elif name in GROWING and _is_beginning(before, after):
        for place, item in enumerate(after[len(before) :], len(before)):
            yield FieldChange(f"{name}[{place}]", None, _json(item))
    else:
        yield FieldChange(name, _json(before), _json(after))


def _length(value: object) -> int:
    return len(value) if isinstance(value, Mapping) else 0


def _is_beginning(before: object, after: object) -> bool:
    return isinstance(before, list) and isinstance(after, list) and after[: len(before)] == before


def _variables(lines: object) -> object:
    """An environment by name; whatever else it is stays as it is."""
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        return lines
    parts = (line.partition("=") for line in lines)
    return {name: value for name, _, value in parts}


def _json(value: object) -> str | None:
    if value is MISSING:
        return None
    # What is exposed has no value: there may be 65,535 of them.
    return "{}" if isinstance(value, dict) and not value else ENCODER.encode(value)
