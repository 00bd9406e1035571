"""Put a container back: nothing changed, and nothing to undo."""

from layers.models import Container, Image
from layers.operations.editing import expect_revision, holding
from layers.operations.record_audit import record_audit
from layers.operations.sweep import sweep


def reset_container(*, container: Container, image: Image | None = None, revision: int | None = None) -> int:
    """Forget all edits and their history; how many bytes are free again.

    With ``image`` the container stands on that one from now on, as after a commit.
    Drafts of the config, author and message are forgotten as well. ``revision`` is
    what the container was at when somebody decided so.

    Raises:
        ContainerNotFound: it has been removed.
        EditConflict: it is at another revision. Nothing is forgotten.
    """

    def forget() -> None:
        with holding(container) as now:
            expect_revision(now, revision)
            forget_edits(now, image or now.image)
            record_audit(action="reset container", target=now.name)

    return sweep(forget).size


def forget_edits(container: Container, image: Image) -> None:
    """Let a container, whose row is held, stand on ``image`` with nothing changed."""
    container.upper_rows.all().delete()
    container.edits.all().delete()
    container.image = image
    container.config_changes, container.author, container.message = [], "", ""
    container.typed = {}
    container.revision += 1
