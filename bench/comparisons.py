"""How long it takes to compare two images of 100,000 entries: the first page, all of it, the next page."""

import http.client
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

from bench.clock import percentiles
from bench.inputs import archive_path, say
from bench.pages import fetch
from bench.program import Program

PAGE_GOAL, WHOLE_GOAL = 0.2, 1.0
WIDE, TALL = "bench-wide:gzip@{}", "bench-tall:gzip@{}"
NOTHING_SHARED = [(WIDE.format(a), TALL.format(b)) for a, b in product(range(5), range(50, 60))]
"""Pairs of which each is compared for the first time; each side has 70,000 to 100,000 entries."""
BASE_SHARED = [(TALL.format(a), TALL.format(b)) for a, b in product(range(30, 35), range(50, 60))]


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the table, in seconds."""

    what: str
    middle: float
    high: float
    goal: float


def measure_comparisons(data: Path, program: Program) -> list[Goal]:
    """Pages of a warm server; no pair of sides is asked for twice but for its next page."""
    library = program.empty_library("comparisons")
    for name in ("wide", "tall"):
        program.manage(library, "load", archive_path(data, name, "gzip"))
    say("comparing images")
    rows = []
    for title, pairs in (("nothing shared", NOTHING_SHARED), ("30 layers shared", BASE_SHARED)):
        with program.server(library) as connection:
            rows += compared(connection, title, pairs)
    return rows


def compared(connection: http.client.HTTPConnection, title: str, pairs: list[tuple[str, str]]) -> list[Goal]:
    """Each pair once: half of them a page, which is then turned, and half of them whole."""
    fetch(connection, "/")
    fetch(connection, url(*pairs[0]))
    first, following, whole = [], [], []
    for number, (a, b) in enumerate(pairs[1:]):
        if number % 2:
            whole.append(fetch(connection, url(a, b, counts=1)))
            following.append(fetch(connection, url(a, b, offset=100)))
        else:
            first.append(fetch(connection, url(a, b)))
    return [
        Goal(f"first page, {title}", *percentiles(first), PAGE_GOAL),
        Goal(f"all differences, {title}", *percentiles(whole), WHOLE_GOAL),
        Goal(f"a page of a comparison that is known, {title}", *percentiles(following), PAGE_GOAL),
    ]


def url(a: str, b: str, **more: int) -> str:
    return f"/compare/?{urlencode({'a': a, 'b': b, **more})}"
