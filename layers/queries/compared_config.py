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
UNSET: Final = ("null", '""', "false", "0", "[]", "{}")
"""To an engine these say the same: the field is not set. Some write it out, some leave it away."""


def compare_configs(a: Side, b: Side, *, same: bool = False) -> list[FieldChange]:
    """Every field in which they differ, in the order of ``b``; with ``same`` all fields.

    A container has the config that a commit would give it.

    Raises:
        ContentMissing, DigestMismatch
    """
    rows = field_changes(document_of(a), document_of(b), same=same)
    fields = [FieldChange(row.name, set_or_none(row.before), set_or_none(row.after)) for row in rows]
    return [field for field in fields if field.before is not None or field.after is not None]


def set_or_none(value: str | None) -> str | None:
    return None if value in UNSET else value


def document_of(side: Side) -> Mapping[str, Any]:
    """The config of an image, changed as a container's drafts for a commit would change it."""
    base = config_of(side.image)
    document = {name: value for name, value in base.document.items() if name not in (*ELSEWHERE, *LEFTOVERS)}
    if side.container is not None and side.container.config_changes:
        changes = parse_changes(side.container.config_changes, allowed=FORMS)
        document["config"] = apply_changes(base.runtime, changes)
    return document
