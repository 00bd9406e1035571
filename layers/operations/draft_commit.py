"""Keep what somebody has filled in for the next commit of a container."""

from collections.abc import Sequence

from layers.models import Container


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
