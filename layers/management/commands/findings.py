"""``findings``: secrets and other things in an image that people should know of."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.listing import printable, text_fields
from layers.management.table import table
from layers.models import Image
from layers.operations.search_findings import search_findings_of
from layers.queries.findings import KINDS, SECRETS, FindingRow, file_findings, search_notes, value_of
from layers.queries.images import find_image
from layers.queries.told_findings import told_findings, told_value

MASKED = "••••••••"


class Command(LibraryCommand):
    help = _(
        "List the secrets in an image's layers, variables and history, deleted ones too, and setuid files, "
        "what everybody may change, certificates and accounts. Values are masked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument(
            "--kind",
            action="append",
            choices=[*KINDS, "secrets"],
            default=[],
            help=_("one kind alone, or all secrets. May be given several times."),
        )
        parser.add_argument(
            "--hidden", action="store_true", help=_("only what a later layer deleted or overwrote")
        )
        parser.add_argument("--show", action="store_true", help=_("print the secrets themselves"))

    def handle(self, *args: object, **options: Any) -> None:
        image = find_image(options["image"])
        search_findings_of(image=image)
        for note in search_notes(image):
            self.stderr.write(f"{note['note']}: {note['count']}")
        kinds = {kind for asked in options["kind"] for kind in (SECRETS if asked == "secrets" else (asked,))}
        rows = sorted([*told_findings(image), *file_findings(image)], key=lambda row: KINDS.index(row.kind))
        rows = [
            row for row in rows if row.kind in (kinds or KINDS) and not (options["hidden"] and row.is_visible)
        ]
        values = [value(image, row) if options["show"] else None for row in rows]
        if options["format"] == "json":
            for row, secret in zip(rows, values, strict=True):
                self.print_json(as_json(row) | ({} if secret is None else {"value": secret}))
        else:
            self.stdout.write(table(cells(zip(rows, values, strict=True))), ending="")


def value(image: Image, row: FindingRow) -> str | None:
    """The secret of a row that has one."""
    if not row.has_value:
        return None
    if row.source != "file":
        return told_value(image, row.key)
    found = value_of(image, row.key)
    return None if found is None else found.decode("utf-8", "replace")


def as_json(row: FindingRow) -> dict[str, Any]:
    """All that is known of a finding but its value."""
    fields: dict[str, Any] = {"kind": row.kind, "what": row.what, "source": row.source}
    if row.source == "file":
        fields |= text_fields("path", b"/" + row.path) | {"line": row.line or None}
    else:
        fields["name"] = row.name
    fate = row.fate
    return fields | {
        "layer": row.position,
        "visible": row.is_visible,
        "hidden_in": fate.hidden_position if fate else None,
        "sample": row.is_sample,
        **({"detail": row.detail} if row.detail else {}),
    }


def cells(rows: Iterable[tuple[FindingRow, str | None]]) -> Iterator[tuple[str, ...]]:
    """The table, its header first."""
    yield "KIND", "WHERE", "LAYER", "SEEN", "WHAT", "VALUE"
    for row, secret in rows:
        layer = "" if row.position is None else str(row.position)
        shown = printable((secret or "").encode()) if secret is not None else MASKED if row.has_value else ""
        yield row.kind, printable(place(row)), layer, seen(row), printable(what(row).encode()), shown


def place(row: FindingRow) -> bytes:
    """Where it is: a path and line, a variable, a label, or a step."""
    if row.source == "file":
        return b"/" + row.path + (b":%d" % row.line if row.line else b"")
    word = {"env": "ENV", "label": "LABEL", "history": "history step"}[row.source]
    return f"{word} {int(row.name) + 1 if row.source == 'history' else row.name}".encode()


def seen(row: FindingRow) -> str:
    """Whether the image shows it still."""
    if row.fate is None or row.fate.is_visible:
        return "visible"
    return f"{'deleted' if row.fate.was_deleted else 'overwritten'} in layer {row.fate.hidden_position}"


def what(row: FindingRow) -> str:
    """In a few words."""
    detail = row.detail
    if row.kind in ("setuid", "writable"):
        return f"{detail['mode']} {detail['uid']}:{detail['gid']}"
    if row.kind == "certificate":
        return ", ".join(subject for subject, _expires in detail["subjects"][:3])
    if row.kind == "user":
        return f"{detail['change']} {detail['type']} {detail['name']}"
    return row.what
