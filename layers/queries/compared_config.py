"""The configs of two sides, field by field."""

from collections.abc import Mapping
from typing import Any, Final

from layers.oci.changes import FORMS, apply_changes, parse_changes
from layers.queries.commit_plan import config_of
from layers.queries.config_diff import FieldChange, field_changes
from layers.queries.sides import Side

ELSEWHERE: Final = ("history", "rootfs")
"""Fields that are compared as history and as layers."""
LEFTOVERS: Final = ("container", "container_config")
"""What an old engine noted of the container it committed; it says nothing of the image."""
NAMES: Final = ("config.ExposedPorts.", "config.Volumes.")
UNSET: Final = ("null", '""', "false", "0", "[]", "{}")
"""To an engine these say the same: the field is not set. Some write it out, some leave it away."""


def compare_configs(a: Side, b: Side, *, same: bool = False) -> list[FieldChange]:
    """Every field in which they differ, in the order of ``b``; with ``same`` all fields.

    A container has the config that a commit would give it.

    Raises:
        ContentMissing, DigestMismatch
    """
    rows = field_changes(document_of(a), document_of(b), same=same)
    return [field for field in map(as_set, rows) if field.before is not None or field.after is not None]


def as_set(row: FieldChange) -> FieldChange:
    """The change as an engine understands it: a side that sets nothing has no value."""
    # What is exposed or a volume is named by the field: its value is always empty.
    if row.name.startswith(NAMES):
        return row
    sides = (None if side in UNSET else side for side in (row.before, row.after))
    return FieldChange(row.name, *sides)


def document_of(side: Side) -> Mapping[str, Any]:
    """The config of an image, changed as a container's drafts for a commit would change it."""
    base = config_of(side.image)
    document = {name: value for name, value in base.document.items() if name not in (*ELSEWHERE, *LEFTOVERS)}
    if side.container is not None and side.container.config_changes:
        changes = parse_changes(side.container.config_changes, allowed=FORMS)
        document["config"] = apply_changes(base.runtime, changes)
    return document
