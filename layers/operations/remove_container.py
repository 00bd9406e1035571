"""Remove a container, with what only it has."""

from layers.models import Container
from layers.operations.editing import expect_revision, holding
from layers.operations.record_audit import record_audit
from layers.operations.sweep import sweep


def remove_container(*, container: Container, revision: int | None = None) -> int:
    """Delete the container, its edits and contents; how many bytes are free again. The image stays.

    ``revision`` is what the container was at when somebody decided so.

    Raises:
        ContainerNotFound: somebody else has removed it.
        EditConflict: it is at another revision. Nothing is removed.
    """

    def remove() -> None:
        with holding(container) as now:
            expect_revision(now, revision)
        container.delete()

    size = sweep(remove).size
    record_audit(action="delete container", target=container.name)
    return size
