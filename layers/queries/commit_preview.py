"""A commit before it is made: the layer's entries, its size, the history row, the config before and after."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from layers.models import Container
from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import join, split
from layers.oci.changeset.whiteout import OPAQUE_NAME, spell
from layers.oci.changeset.writer import written_size
from layers.oci.digest import Digest
from layers.queries.commit_plan import CommitOptions, CommitPlan, plan_commit

NEW_LAYER: Final = "sha256:…"
"""Stands for the new layer's diff_id, which is not known before the layer is written."""
UNKNOWN: Final = Digest.of(b"")


@dataclass(frozen=True, slots=True)
class CommitPreview:
    """What the next commit would make."""

    revision: int
    """Of the container: handed to the commit, it is refused if somebody has edited since."""
    members: Sequence[Member]
    """The entries of the new layer, in path order; empty where there would be no layer."""
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
        return not self.members


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
        members,
        sum(map(content_size, members)),
        written_size(members) if members else 0,
        len(diff_ids),
        plan.history_row(),
        dict(plan.base.document),
        after,
    )


def content_size(member: Member) -> int:
    """What a member adds to the size that docker shows: its bytes, or a symlink's target."""
    if member.kind is Kind.SYMLINK:
        return len(member.linkname or b"")
    return member.size if member.kind is Kind.FILE else 0


def spelled_path(member: Member) -> bytes:
    """The name that the member has in the tar: whiteouts have one of their own."""
    directory, name = split(member.path)
    if member.kind is Kind.WHITEOUT:
        return join(directory, spell(name))
    return join(member.path, OPAQUE_NAME) if member.kind is Kind.OPAQUE else member.path
