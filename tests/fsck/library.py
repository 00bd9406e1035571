"""What makes a library to be damaged, and what a check says of it."""

from pathlib import Path

from layers.models import Container
from layers.oci.reference import Reference
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.edit_container import move_path, remove_paths
from layers.operations.import_archive import import_archive
from layers.operations.index_paths import index_paths
from layers.operations.undo_edit import undo
from layers.operations.write_file import write_file
from layers.queries.fsck.library import check_library
from layers.queries.fsck.problem import Fault, Problem

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def lived_in() -> Container:
    """Images of both kinds of archive, an index, and a container that was edited and committed."""
    image = import_archive(GOLDEN / "01-webserver" / "image.tar").images[0]
    for name in ("10-formats/oci-gzip.tar", "10-formats/oci-zstd.tar", "11-multiarch/nested-index.tar"):
        import_archive(GOLDEN / name)
    container = create_container(image=image, name="web")
    write_file(container=container, path=b"etc/motd", data=b"hello\n" * 100)
    write_file(container=container, path=b"page", data=b"new")
    commit_container(container=container, reference=Reference.parse("web:v3"))
    move_path(container=container, source=b"etc/motd", target=b"etc/motd.old")
    remove_paths(container=container, paths=[b"page"])
    undo(container=container)
    index_paths()
    return container


def problems(*, deep: bool = False) -> list[Problem]:
    return list(check_library(deep=deep))


def faults(*, deep: bool = False) -> set[Fault]:
    return {problem.fault for problem in problems(deep=deep)}
