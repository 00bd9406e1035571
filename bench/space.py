"""How long the account of an image's bytes takes: the first page, those after it, and dive's score."""

import random
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from bench.inputs import archive_path, say
from bench.pages import BOTTOM, REQUESTS, fetch, image_id, latency
from bench.program import Program
from bench.trees import made_up_path

TITLES = {"wide": "100,000 entries, 5 layers", "tall": "100,000 entries, 60 layers"}


class SpaceRow(NamedTuple):
    """Seconds for one image."""

    title: str
    first: float
    """The first page: the ledger is made."""
    middle: float
    high: float
    """p50 and p99 of the pages after it."""
    score: float
    """dive's score, worked out dive's way."""
    command: float
    """``manage.py space IMAGE``: all of it, from the start of the process."""


def measure_space(data: Path, program: Program) -> list[SpaceRow]:
    """Each image in a library of its own, with a server that has not been asked about it."""
    rows = []
    for name, title in TITLES.items():
        say(f"space of {name}")
        library = program.empty_library(f"space-{name}")
        program.manage(library, "load", archive_path(data, name, "gzip"))
        page = f"/images/{image_id(program, library, f'bench-{name}:gzip')}/space/"
        dice = random.Random(11)
        paths = (made_up_path(dice.randrange(BOTTOM[name])).rpartition("/")[0] for _ in range(REQUESTS))
        with program.server(library) as connection:
            first = fetch(connection, page)
            middle, high = latency(connection, [f"{page}?path={quote(path)}" for path in paths])
            start = time.perf_counter()
            fetch(connection, f"{page}dive/")
            score = time.perf_counter() - start
        command = program.manage(library, "space", f"bench-{name}:gzip").seconds
        rows.append(SpaceRow(title, first, middle, high, score, command))
    return rows
