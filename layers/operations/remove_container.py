"""Remove a container, with what only it has."""

from layers.models import Container
from layers.operations.sweep import sweep


def remove_container(*, container: Container) -> int:
    """Delete the container, its edits and contents; how many bytes are free again. The image stays."""
    return sweep(container.delete).size
