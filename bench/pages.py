"""How long a page takes from a warm server, and a file from deep inside a layer."""

import gzip
import http.client
import json
import random
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote

from bench.clock import percentiles
from bench.inputs import archive_path, say
from bench.program import Program
from bench.trees import made_up_path

WARM_UP = 20
REQUESTS = 300
DEEP_FILES = 60
BOTTOM = {"wide": 80_000, "tall": 41_000}
TOPS = {"wide": 4, "tall": 59}

Latency = tuple[str, float, float]
"""What was asked, and the p50 and p99 of the answers, in seconds."""


def measure_pages(data: Path, program: Program) -> list[Latency]:
    """Pages of the wide image alone, of the tall one, and of the wide one among 200 others."""
    rows: list[Latency] = []
    library = program.empty_library("pages")
    say("pages of the wide image")
    program.manage(library, "load", archive_path(data, "wide", "gzip"))
    rows += image_pages(program, library, "wide", "100,000 entries, 5 layers")
    say("pages of the tall image, among 200 others")
    archives = [archive_path(data, "tall", "gzip"), data / "crowd-1.tar", data / "crowd-2.tar"]
    for archive in archives:
        program.manage(library, "load", archive)
    rows += image_pages(program, library, "tall", "100,000 entries, 60 layers, 202 images")
    return rows + image_pages(program, library, "wide", "100,000 entries, 5 layers, 202 images")


def image_pages(program: Program, library: Path, name: str, title: str) -> list[Latency]:
    """A listing, a layer's changes and a file view, of random places in the image."""
    page = f"/images/{image_id(program, library, f'bench-{name}:gzip')}"
    dice, top = random.Random(5), TOPS[name]
    numbers = [dice.randrange(BOTTOM[name]) for _ in range(REQUESTS)]
    layers = [dice.randint(0, top) for _ in range(REQUESTS)]
    places = [quote(made_up_path(number)) for number in numbers]
    parents = [quote(made_up_path(number).rpartition("/")[0]) for number in numbers]
    pairs = list(zip(layers, parents, strict=True))
    kinds = {
        "directory listing": [f"{page}/?view=tree&layer={layer}&path={path}" for layer, path in pairs],
        "changes, first page": [f"{page}/?view=changes&layer={layer}" for layer in layers],
        "file view": [f"{page}/file/?layer={top}&path={path}" for path in places],
        "list of images": ["/"] * REQUESTS,
        "shelf as a tree": ["/shelf/"] * REQUESTS,
        "shelf as a table": ["/shelf/?view=table"] * REQUESTS,
    }
    with program.server(library) as connection:
        return [(f"{kind}: {title}", *latency(connection, urls)) for kind, urls in kinds.items()]


def image_id(program: Program, library: Path, name: str) -> str:
    """The ID as it stands in URLs."""
    rows = map(
        json.loads, program.manage(library, "images", "--no-trunc", "--format", "json").output.splitlines()
    )
    found = next(row["ID"] for row in rows if f"{row['Repository']}:{row['Tag']}" == name)
    return str(found).removeprefix("sha256:")


def latency(connection: http.client.HTTPConnection, urls: list[str]) -> tuple[float, float]:
    """p50 and p99 of whole answers."""
    for url in urls[:WARM_UP]:
        fetch(connection, url)
    return percentiles([fetch(connection, url) for url in urls])


def fetch(connection: http.client.HTTPConnection, url: str, only_first: bool = False) -> float:
    """Seconds to the last byte of the answer, or to its first."""
    start = time.perf_counter()
    connection.request("GET", url)
    response = connection.getresponse()
    if response.status != 200:
        raise SystemExit(f"{url} answers {response.status}")
    if only_first:
        response.read(1)
        seconds = time.perf_counter() - start
    body = response.read()
    if not body and not only_first:
        raise SystemExit(f"{url} is empty")
    return seconds if only_first else time.perf_counter() - start


def measure_first_bytes(data: Path, program: Program, form: str) -> Latency:
    """The first byte of files near the end of the largest layer of ``real``, each asked for once."""
    say(f"first bytes of files deep in real-{form}")
    archive = archive_path(data, "real", form)
    position, paths = deep_files(archive_path(data, "real", "gzip"))
    library = program.empty_library("deep")
    program.manage(library, "load", archive)
    page = f"/images/{image_id(program, library, f'bench-real:{form}')}/raw/?layer={position}&path="
    with program.server(library) as connection:
        fetch(connection, page + quote(paths[0]), only_first=True)
        seconds = [fetch(connection, page + quote(path), only_first=True) for path in paths[1:]]
    return f"first byte of a file deep in a {form} layer", *percentiles(seconds)


def deep_files(archive: Path) -> tuple[int, list[str]]:
    """Small files from the last tenth of the layer that has most files: its position, and their paths."""
    with tarfile.open(archive) as tar:
        source = tar.extractfile("manifest.json")
        assert source
        layers = json.load(source)[0]["Layers"]
        named = [list(small_files(tar, layer)) for layer in layers]
    position = max(range(len(named)), key=lambda number: len(named[number]))
    last = named[position][-len(named[position]) // 10 :]
    return position, random.Random(7).sample(last, min(DEEP_FILES, len(last)))


def small_files(tar: tarfile.TarFile, name: str) -> Iterable[str]:
    """Paths of the files of 1 byte to 64 KiB in a gzip layer, in its order."""
    source = tar.extractfile(name)
    assert source
    # The standard library's types do not know that a gzip file is one.
    with tarfile.open(fileobj=cast(BinaryIO, gzip.open(source)), mode="r|") as layer:
        yield from (member.name for member in layer if member.isfile() and 0 < member.size <= 65536)
