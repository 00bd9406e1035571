"""A commit before it is made: the layer's entries, its size, the history row, the config before and after."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from layers.models import Container
from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import join, split
from layers.oci.changeset.whiteout import hidden_name
from layers.oci.changeset.writer import in_tar_order, written_size
from layers.oci.digest import Digest
from layers.queries.changes import ChangeRow
from layers.queries.commit_plan import CommitOptions, CommitPlan, plan_commit
from layers.queries.container_changes import all_changes

NEW_LAYER: Final = "sha256:…"
"""Stands for the new layer's diff_id, which is not known before the layer is written."""
UNKNOWN: Final = Digest.of(b"")


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One entry of the new layer, and what it is there for."""

    member: Member
    """As the tar has it: a whiteout under the name that is spelled there."""
    path: bytes
    """What it is about: the path that a whiteout deletes, the directory that a mark makes opaque."""
    change: ChangeRow | None
    """What ``docker diff`` says of the path; None where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class CommitPreview:
    """What the next commit would make."""

    revision: int
    """Of the container: handed to the commit, it is refused if somebody has edited since."""
    entries: Sequence[LayerEntry]
    """Of the new layer, in the order of the tar; empty where there would be no layer."""
    size: int
    """Bytes of the files, as ``docker history`` will count them."""
    tar_size: int
    """Bytes of the layer."""
    layer_count: int
    """Of the new image."""
    history_row: Mapping[str, object]
    config_before: Mapping[str, Any]
    config_after: Mapping[str, Any]

    @property
    def is_empty(self) -> bool:
        """Whether the commit would add a history row only."""
        return not self.entries


def preview_commit(container: Container, options: CommitOptions) -> CommitPreview:
    """What a commit with these options would make now.

    Raises:
        ContainerNotFound, InvalidChange
    """
    return preview_of(plan_commit(container, options))


def preview_of(plan: CommitPlan) -> CommitPreview:
    """A plan, to be shown."""
    members = [member for member, _ in plan.members]
    after = json.loads(plan.config(None if plan.is_empty else UNKNOWN))
    diff_ids = after["rootfs"].get("diff_ids", [])
    if not plan.is_empty:
        diff_ids[-1] = NEW_LAYER
    return CommitPreview(
        plan.revision,
        entries_of(plan.container, members),
        sum(map(content_size, members)),
        written_size(members) if members else 0,
        len(diff_ids),
        plan.history_row(),
        dict(plan.base.document),
        after,
    )


def entries_of(container: Container, members: Sequence[Member]) -> list[LayerEntry]:
    """The members as the tar will have them, each beside what the container's diff says of it."""
    changes = {row.path: row for row in all_changes(container)} if members else {}
    return [
        LayerEntry(member, path, changes.get(path))
        for member in in_tar_order(members)
        for path in [subject_of(member)]
    ]


def content_size(member: Member) -> int:
    """What a member adds to the size that docker shows: its bytes, or a symlink's target."""
    if member.kind is Kind.SYMLINK:
        return len(member.linkname or b"")
    return member.size if member.kind is Kind.FILE else 0


def subject_of(spelled: Member) -> bytes:
    """The path that an entry of a tar is about."""
    directory, name = split(spelled.path)
    if spelled.kind is Kind.WHITEOUT:
        return join(directory, hidden_name(name))
    return directory if spelled.kind is Kind.OPAQUE else spelled.path
