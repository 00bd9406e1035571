"""How long a container takes to open, to edit and to commit: of 100,000 entries, and of 1,000."""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode

from bench.clock import percentiles
from bench.inputs import LASTING, archive_path, say
from bench.pages import REQUESTS, WARM_UP, latency
from bench.program import Program
from bench.trees import made_up_path

SMALL, LARGE = "slim", "wide"
RAIL_FILES = 150
"""As many as the first page of the rail has room for."""
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
    say("opening containers, and editing in them")
    opened = [pages(program, library, name) for name in (SMALL, LARGE)]
    say("committing")
    done = [commits(program, library, name, count) for name in (SMALL, LARGE)]
    return [
        Wait("open a container", GOALS["open"], opened[0][0], opened[1][0]),
        Wait("open it at a random file", GOALS["open"], opened[0][1], opened[1][1]),
        Wait("save a file, see the rail", GOALS["save"], opened[0][2], opened[1][2]),
        Wait("preview a commit of 1,000 edits", GOALS["preview"], done[0][0], done[1][0]),
        Wait("commit 1,000 edits", GOALS["commit"], done[0][1], done[1][1]),
    ]


def pages(program: Program, library: Path, name: str) -> list[tuple[float, float]]:
    """The workspace at its root, at random files, and saves of files; all from a warm server."""
    container = program.manage(library, "create", f"bench-{name}:gzip").output.split()[-1]
    page, dice = f"/containers/{container}/", random.Random(5)
    files = [f"{page}?path={quote(made_up_path(dice.choice(LASTING)))}" for _ in range(REQUESTS)]
    with program.server(library) as connection:
        opened = [latency(connection, urls) for urls in ([page] * REQUESTS, files)]
        return [*opened, percentiles(list(saves(connection, page)))]


def saves(connection: HTTPConnection, page: str) -> Iterator[float]:
    """Seconds in which a text is saved in one of the files, and the changed rail has come."""
    dice, held = random.Random(11), dict[str, bytes]()
    connection.request("GET", page)
    response = connection.getresponse()
    response.read()
    token = SimpleCookie(response.getheader("Set-Cookie"))["csrftoken"].value
    for number in range(WARM_UP + REQUESTS):
        path = made_up_path(dice.choice(LASTING[:RAIL_FILES]))
        if path not in held:
            connection.request("GET", f"{page}raw/?path={quote(path)}")
            held[path] = connection.getresponse().read()
        text = f"edited {number} times\n"
        form = {"text": text, "expected": sha256(held[path]).hexdigest(), "encoding": "utf-8"}
        seconds = save(connection, f"{page}write/?path={quote(path)}", form, token)
        held[path] = text.encode()
        if number >= WARM_UP:
            yield seconds


def save(connection: HTTPConnection, url: str, form: dict[str, str], token: str) -> float:
    """Send the form as the editor's script does; the answer brings the rail along."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrftoken={token}",
        "X-CSRFToken": token,
        "HX-Request": "true",
    }
    start = time.perf_counter()
    connection.request("POST", url, urlencode(form), headers)
    response = connection.getresponse()
    body = response.read()
    seconds = time.perf_counter() - start
    if response.status != 200 or b'id="rail' not in body:
        raise SystemExit(f"{url} answers {response.status}, without a rail: {body[-2000:]!r}")
    return seconds


def commits(program: Program, library: Path, name: str, count: int) -> list[tuple[float, float]]:
    """Previews and commits: measured inside the program, by ``bench.edits``."""
    call = f"from bench.edits import main; main('bench-{name}:gzip', {count})"
    found = json.loads(program.manage(library, "shell", "-c", call).output.splitlines()[-1])
    return [percentiles(found[name]) for name in ("previews", "commits")]
