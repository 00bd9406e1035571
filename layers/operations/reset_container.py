"""Put a container back: nothing changed, and nothing to undo."""

from layers.models import Container, Image
from layers.operations.editing import holding
from layers.operations.sweep import sweep


def reset_container(*, container: Container, image: Image | None = None) -> int:
    """Forget all edits and their history; how many bytes are free again.

    With ``image`` the container stands on that one from now on, as after a commit.
    Drafts of the config, author and message are forgotten as well.

    Raises:
        ContainerNotFound: it has been removed.
    """

    def forget() -> None:
        with holding(container) as now:
            now.upper_rows.all().delete()
            now.edits.all().delete()
            now.image = image or now.image
            now.config_changes, now.author, now.message = [], "", ""
            now.revision += 1

    return sweep(forget).size
