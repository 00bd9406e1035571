"""Whether a library is sound, asked after all that could have harmed it."""

import json
from pathlib import Path

from layers.queries.fsck.library import check_library
from tests.conftest import run_program


def check_sound() -> None:
    """The library of this process, every byte and every row."""
    assert list(check_library(deep=True)) == []


def check_sound_in(directory: Path) -> None:
    """The library in a directory, by the command."""
    done = run_program("fsck", "--deep", "--format", "json", data=directory)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, found[:-1]) == (0, []), done.stderr
