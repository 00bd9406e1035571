"""What ``compare`` prints: the sections of a comparison, as text and as JSON rows."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from layers.management.human import NO_DATE, ellipsis, human_size
from layers.management.listing import text_fields
from layers.management.table import table
from layers.oci.changeset.paths import as_text
from layers.queries.changes import ChangeRow
from layers.queries.compare_history import ComparedHistories, compare_histories
from layers.queries.compared_files import FileFilter, compare_files
from layers.queries.compared_packages import ComparedPackages
from layers.queries.compared_sizes import Sizes, compare_sizes
from layers.queries.config_diff import FieldChange
from layers.queries.history import Step
from layers.queries.sides import Side

CREATED_BY_WIDTH = 60
VALUE_WIDTH = 100
Row = dict[str, Any]


def files(a: Side, b: Side, silent: bool) -> list[ChangeRow]:
    """As ``diff`` sorts them: by path."""
    return sorted(compare_files(a, b).page(FileFilter(silent=silent)).rows, key=lambda row: row.path)


def files_text(rows: Iterable[ChangeRow]) -> Iterator[str]:
    for row in rows:
        silent = _("  (docker diff is silent: %(why)s)") % {"why": ", ".join(row.reasons)}
        yield f"{row.kind} /{as_text(row.path)}{silent if row.silent else ''}"


def files_json(rows: Iterable[ChangeRow]) -> Iterator[Row]:
    for row in rows:
        yield {
            "kind": row.kind,
            **text_fields("path", b"/" + row.path),
            "why": list(row.reasons),
            "silent": row.silent,
            "size": row.size,
            "delta": row.delta,
        }


def config_text(rows: Iterable[FieldChange], whole: bool) -> Iterator[str]:
    for row in rows:
        yield f"{row.kind} {row.name}"
        for sign, value in (("-", row.before), ("+", row.after)):
            if value is not None:
                yield f"  {sign} {value if whole else ellipsis(value, VALUE_WIDTH)}"


def config_json(rows: Iterable[FieldChange]) -> Iterator[Row]:
    for row in rows:
        sides = (None if value is None else json.loads(value) for value in (row.before, row.after))
        yield {"kind": row.kind, "field": row.name, **dict(zip("ab", sides, strict=True))}


def histories(a: Side, b: Side) -> ComparedHistories:
    tops = [None if side.is_whole else side.position for side in (a, b)]
    return compare_histories(a.image, b.image, tops=(tops[0], tops[1]))


def steps(found: ComparedHistories) -> Iterator[tuple[str, Step]]:
    """Each step with the sides that have it: ``A``, ``B`` or ``AB``; newest first, the shared ones last."""
    for mine, other, _same in found.pairs:
        yield from ((side, step) for side, step in (("A", mine), ("B", other)) if step is not None)
    yield from (("AB", step) for step in found.shared)


def history_text(found: ComparedHistories, whole: bool) -> Iterator[str]:
    rows = [step_cells(side, step, whole) for side, step in steps(found) if side != "AB"]
    if rows:
        yield table([("SIDE", "CREATED AT", "CREATED BY", "SIZE", "COMMENT"), *rows]).rstrip("\n")
    count = len(found.shared)
    shared = ngettext("%(n)d step is the same", "%(n)d steps are the same", count) % {"n": count}
    yield f"{shared} ({human_size(found.shared_size)})"


def step_cells(side: str, step: Step, whole: bool) -> tuple[str, ...]:
    text = " ".join(step.created_by.split())
    return (
        side,
        created_at(step),
        text if whole else ellipsis(text, CREATED_BY_WIDTH),
        human_size(step.size),
        " ".join(step.comment.split()),
    )


def created_at(step: Step) -> str:
    return f"{step.created or NO_DATE:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")


def history_json(found: ComparedHistories) -> Iterator[Row]:
    for side, step in steps(found):
        yield {
            "side": side,
            "created_at": created_at(step),
            "created_by": step.created_by,
            "size": step.size,
            "comment": step.comment,
            "author": step.author,
            "layer": step.position,
        }


def sizes_rows(a: Side, b: Side) -> list[tuple[str, int, int]]:
    """What is measured, and how much of it each side has."""
    mine, other = compare_sizes(a, b)
    return [(name, figure(mine, name), figure(other, name)) for name in MEASURED]


MEASURED = {
    "layers": lambda sizes: len(sizes.layers),
    "shared layers": lambda sizes: sizes.shared,
    "size": lambda sizes: sizes.content_size,
    "shared": lambda sizes: sizes.shared_size,
    "unique": lambda sizes: sizes.own_size,
    "stored": lambda sizes: sizes.stored_size,
    "files": lambda sizes: sizes.tree_size,
    "paths": lambda sizes: sizes.path_count,
}
COUNTED = ("layers", "shared layers", "paths")


def figure(sizes: Sizes, name: str) -> int:
    return MEASURED[name](sizes)


def sizes_text(rows: Iterable[tuple[str, int, int]]) -> str:
    lines = [
        (name.upper(), spelled(name, mine), spelled(name, other), difference(name, other - mine))
        for name, mine, other in rows
    ]
    return table([("", "A", "B", "DIFFERENCE"), *lines]).rstrip("\n")


def spelled(name: str, number: int) -> str:
    return str(number) if name in COUNTED else human_size(number)


def difference(name: str, number: int) -> str:
    sign = "+" if number > 0 else "-" if number < 0 else ""
    return sign + spelled(name, abs(number))


def sizes_json(rows: Iterable[tuple[str, int, int]]) -> Iterator[Row]:
    for name, mine, other in rows:
        yield {"what": name.replace(" ", "_"), "a": mine, "b": other}


def packages_text(found: ComparedPackages) -> Iterator[str]:
    for row in found.rows:
        arrow = " -> " if row.kind == "C" else ""
        yield f"{row.kind} {row.package.type} {row.package.name} {row.before}{arrow}{row.after}"
    if not found.is_read:
        yield _("The packages of one of them are not read yet: run “manage.py keep_house”.")


def packages_json(found: ComparedPackages) -> Iterator[Row]:
    for row in found.rows:
        package = row.package
        yield {
            "kind": row.kind,
            "type": package.type,
            "name": package.name,
            "arch": package.arch,
            "a": row.before or None,
            "b": row.after or None,
        }
