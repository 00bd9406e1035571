"""How long a search takes among ten million entries, and how large its index is."""

import random
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from bench.clock import percentiles
from bench.inputs import say
from bench.names import content_of, made_up, vocabulary
from bench.pages import Latency, fetch
from bench.program import Program

ENTRIES = 11_800_000
"""Asked for; some names fall together, so that about a fifth less are made."""
QUERIES = 100
"""Of each kind."""
GOAL_SECONDS = 0.3
GOAL_BYTES = 60


def measure_search(program: Program) -> tuple[list[Latency], str]:
    """Latencies by kind of query, and a sentence about the index."""
    library = program.empty_library("shelf")
    say("a library of ten million entries")
    made = inside(program, library, f"from bench.shelf import main; main({ENTRIES})")
    before = checkpointed(library)
    say("its index")
    start = time.perf_counter()
    code = "from layers.operations.index_paths import index_paths; index_paths()"
    memory = program.manage(library, "shell", "-v", "0", "-c", code).largest_size
    seconds = time.perf_counter() - start
    grown = checkpointed(library) - before
    paths, size = map(int, inside(program, library, "from bench.shelf import figures; figures()"))
    entries, layers, images = map(int, made)
    sentence = (
        f"{entries:,} entries in {layers} layers of {images} images, {paths:,} distinct paths: indexed in"
        f" {seconds:.0f} s and {memory / 2**20:.0f} MiB of memory, {size / paths:.1f} bytes a distinct path;"
        f" the file grew by {grown / paths:.1f} (goal ≤ {GOAL_BYTES}), what merging needed included."
    )
    with program.server(library) as connection:
        rows = []
        for kind, urls in queries().items():
            say(f"searching: {kind}")
            rows.append((kind, *percentiles([fetch(connection, url) for url in urls])))
    return rows, sentence


def inside(program: Program, library: Path, code: str) -> list[str]:
    """Run code in the program; the words of the last line it prints."""
    lines = program.manage(library, "shell", "-v", "0", "-c", code).output.splitlines()
    return lines[-1].split() if lines else []


def checkpointed(library: Path) -> int:
    """The size of the database, all of it in one file."""
    with sqlite3.connect(library / "db.sqlite3") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (library / "db.sqlite3").stat().st_size


def queries() -> dict[str, list[str]]:
    """Addresses to ask for, by kind; the same on every run."""
    dice = random.Random(9)
    words = vocabulary()
    letters = "abcdefghijklmnopqrstuvwxyz0123456789._-"
    some = made_up(words, 1001, 1, 30_000)
    files = [(place, name) for place, names in some.items() for name in names if "." in name]
    chosen = dice.sample(files, QUERIES)
    word = lambda: dice.choice(words)  # noqa: E731
    texts = {
        "name of one file": [name for _, name in chosen],
        "whole path": [f"{place}/{name}" for place, name in chosen],
        "part of many names": [word()[: dice.randint(3, 6)] for _ in range(QUERIES)],
        "whole word": [word() for _ in range(QUERIES)],
        "a word of every image": [dice.choice(["conf", "index", "lib", "usr", "json", "node_modules", "doc"])
                                  for _ in range(QUERIES)],
        "nothing has it": ["".join(dice.choices("qxzjv", k=dice.randint(4, 9))) for _ in range(QUERIES)],
        "one letter": dice.choices(letters, k=QUERIES),
        "two letters": ["".join(dice.choices(letters, k=2)) for _ in range(QUERIES)],
        "across a slash": [f"{place.rpartition('/')[2]}/{name[:3]}" for place, name in chosen],
        "`*.pem`, `*.so.7`": [f"*.{dice.choice(['pem', 'so.7', 'd.ts', 'key', 'mo', 'none'])}"
                              for _ in range(QUERIES)],
        "`etc/*/passwd`": [f"{place.split('/')[0]}/*/{name}" for place, name in chosen],
        "`**/id_rsa`": [f"**/{name}" for _, name in chosen],
        "`*a*b*.js`": [f"*{word()[:2]}*{word()[:3]}*.js" for _ in range(QUERIES)],
    }  # fmt: skip
    kinds = {kind: [page(text, "paths") for text in some] for kind, some in texts.items()}
    digests = [content_of(place, name, 1, some[place].index(name)).hex() for place, name in chosen]
    kinds["sha256"] = [page(digest, "content") for digest in digests]
    kinds["12 digits of a sha256"] = [page(digest[:12], "content") for digest in digests]
    kinds["all kinds at once"] = [f"/search/?q={quote(word())}" for _ in range(QUERIES)]
    return kinds


def page(text: str, kind: str) -> str:
    return f"/search/?q={quote(text)}&kind={kind}"
