"""How long a container takes to open, to edit and to commit: of 100,000 entries, and of 1,000."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.clock import percentiles
from bench.inputs import LASTING, archive_path, say
from bench.pages import REQUESTS, latency
from bench.program import Program
from bench.trees import made_up_path

SMALL, LARGE = "slim", "wide"
GOALS = {"open": 0.05, "save": 0.1, "preview": 0.2, "commit": 1.0}


@dataclass(frozen=True, slots=True)
class Wait:
    """One line of the table, in seconds: p50 and p99 for the small image, then for the large one."""

    what: str
    goal: float
    small: tuple[float, float]
    large: tuple[float, float]


def measure_containers(data: Path, program: Program, count: int) -> list[Wait]:
    """Both images in one library, each with a container of its own."""
    library = program.empty_library("containers")
    for name in (SMALL, LARGE):
        program.manage(library, "load", archive_path(data, name, "gzip"))
    say("opening containers")
    opened = [pages(program, library, name) for name in (SMALL, LARGE)]
    say("editing and committing")
    edited = [edits(program, library, name, count) for name in (SMALL, LARGE)]
    return [
        Wait("open a container", GOALS["open"], opened[0][0], opened[1][0]),
        Wait("open it at a random file", GOALS["open"], opened[0][1], opened[1][1]),
        Wait("save a file, see the rail", GOALS["save"], edited[0][0], edited[1][0]),
        Wait("preview a commit of 1,000 edits", GOALS["preview"], edited[0][1], edited[1][1]),
        Wait("commit 1,000 edits", GOALS["commit"], edited[0][2], edited[1][2]),
    ]


def pages(program: Program, library: Path, name: str) -> list[tuple[float, float]]:
    """The workspace at its root, and at random files, from a warm server."""
    container = program.manage(library, "create", f"bench-{name}:gzip").output.split()[-1]
    page, dice = f"/containers/{container}/", random.Random(5)
    files = [f"{page}?path={quote(made_up_path(dice.choice(LASTING)))}" for _ in range(REQUESTS)]
    with program.server(library) as connection:
        return [latency(connection, urls) for urls in ([page] * REQUESTS, files)]


def edits(program: Program, library: Path, name: str, count: int) -> list[tuple[float, float]]:
    """Saves with the rail, previews and commits: measured inside the program, by ``bench.edits``."""
    call = f"from bench.edits import main; main('bench-{name}:gzip', {REQUESTS}, {count})"
    found = json.loads(program.manage(library, "shell", "-c", call).output.splitlines()[-1])
    return [percentiles(found[name]) for name in ("saves", "previews", "commits")]
