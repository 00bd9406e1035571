"""Keep what somebody has filled in for the next commit of a container."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from layers.models import Container

NUL: Final = "\\u0000"
"""PostgreSQL keeps no text that has one."""
LONGEST_TYPED: Final = 256 * 1024
"""Characters of a form up to which it is kept."""


def keep_typed(*, container: Container, typed: Mapping[str, object]) -> None:
    """Let the container remember a form as it was typed; one that is too long or has a NUL is not kept."""
    text = json.dumps(typed)
    kept = dict(typed) if len(text) <= LONGEST_TYPED and NUL not in text else {}
    if container.typed != kept:
        Container.objects.filter(pk=container.pk).update(typed=kept)
    container.typed = kept


def draft_commit(*, container: Container, author: str, message: str, changes: Sequence[str]) -> None:
    """Let the container remember who, why, and which config changes; its files are as they were.

    The lines are those that a commit takes: check them before. Nothing is
    written where it is known already.
    """
    draft = {"author": author, "message": message, "config_changes": list(changes)}
    if any(getattr(container, name) != value for name, value in draft.items()):
        # By itself, not with save(): revision and time are those of the files.
        Container.objects.filter(pk=container.pk).update(**draft)
    for name, value in draft.items():
        setattr(container, name, value)
