"""A process that edits a container without end (``edit``), and one that looks what it left (``check``)."""

import itertools
import json
import os
import sys
from hashlib import sha256

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
django.setup()

from layers.models.upperrows import unpack_row  # noqa: E402 - Django has to be set up first
from layers.operations.clean_abandoned import clean_abandoned, named_digests  # noqa: E402
from layers.operations.edit_container import move_path, remove_paths  # noqa: E402
from layers.operations.undo_edit import redo, undo  # noqa: E402
from layers.operations.write_file import write_files  # noqa: E402
from layers.queries.container_files import open_container_file  # noqa: E402
from layers.queries.container_tree import container_walk  # noqa: E402
from layers.queries.containers import find_container  # noqa: E402
from layers.queries.fsck.library import check_library  # noqa: E402
from layers.queries.uppers import read_entries  # noqa: E402
from layers.storage import stored_digests  # noqa: E402


def edit() -> None:
    """Tell each step once it is done."""
    container = find_container("web")
    for turn in itertools.count():
        files = [(f"{number}".encode(), f"{turn} {number}\n".encode() * 1000) for number in range(20)]
        write_files(container=container, directory=b"d", files=files)
        moved = f"moved-{os.getpid()}-{turn}".encode()
        move_path(container=container, source=b"d", target=moved)
        undo(container=container)
        redo(container=container)
        remove_paths(container=container, paths=[moved])
        undo(container=container)
        print(turn, flush=True)


def check() -> None:
    """Print how many steps and files there are, if all of them fit together."""
    container = find_container("web")
    replayed = {}
    edits = container.edits.filter(undone=False).order_by("number")
    for before, after in (pair for step in edits for pair in step.rows):
        old, new = unpack_row(before), unpack_row(after)
        path = (old or new).path
        assert replayed.get(path) == old
        replayed[path] = new
    assert {path: entry for path, entry in replayed.items() if entry} == read_entries(container.pk)[1]
    files = [row for row in container_walk(container) if row.entry.sha256]
    for row in files:
        content = b"".join(open_container_file(container, row.path).chunks())
        assert sha256(content).digest() == row.entry.sha256
    clean_abandoned()
    stored = set(stored_digests())
    assert named_digests(stored) == stored
    assert list(check_library(deep=True)) == []
    print(json.dumps({"steps": len(edits), "files": len(files)}))


if __name__ == "__main__":
    edit() if sys.argv[1] == "edit" else check()
