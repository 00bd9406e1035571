"""``script/load``: readers with time to think, over twenty images, by themselves and while imports run."""

import argparse
import http.client
import io
import json
import os
import random
import re
import shutil
import tarfile
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.conftest import run_program
from tests.jobs.server import Server
from tests.oci.archives import config, packed

THINK_SECONDS: Final = 3.0
WRITE_SECONDS: Final = 0.5
SMALL: Final = 19
FILES_A_DIRECTORY: Final = 100
TIMEOUT: Final = 60
PAGES: Final = (
    "/",
    "{image}",
    "{image}?view=tree&layer=0&path=d{part}",
    "{image}file/?layer=0&path=d{part}/f{part}",
    "{image}history/",
    "{image}space/",
    "/search/?q=f{part}",
)


@dataclass
class Class:
    """Readers at their pages, until they are told to stop."""

    server: Server
    images: list[str]
    directories: int
    stopping: threading.Event = field(default_factory=threading.Event)
    took: list[tuple[float, str]] = field(default_factory=list)
    """Seconds, and what was asked."""
    errors: list[str] = field(default_factory=list)

    def read(self, seed: int) -> None:
        """One reader: a page, a pause, another page."""
        dice = random.Random(seed)
        self.stopping.wait(dice.uniform(0, THINK_SECONDS))
        while not self.stopping.is_set():
            part = dice.randrange(self.directories)
            pattern = dice.choice(PAGES)
            self.ask(pattern, pattern.format(image=dice.choice(self.images), part=part))
            self.stopping.wait(dice.uniform(0, 2 * THINK_SECONDS))

    def write(self, container: str) -> None:
        """One who edits: a file more in a container, a short pause, another."""
        number = 0
        while not self.stopping.wait(WRITE_SECONDS):
            number += 1
            begun = time.monotonic()
            try:
                form = {"Content-Type": "application/x-www-form-urlencoded"}
                path, body = f"/containers/{container}/touch/?path=", f"name=n{number}-{id(self)}".encode()
                status, _said = self.server.request("POST", path, body, form)
                if status >= 400:
                    self.errors.append(f"{path}: {status}")
            except OSError as error:
                self.errors.append(f"write: {error}")
            self.took.append((time.monotonic() - begun, "write"))

    def ask(self, pattern: str, path: str) -> None:
        begun = time.monotonic()
        try:
            connection = http.client.HTTPConnection(self.server.host, timeout=TIMEOUT)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            # A made-up path is not in every image: 404 is an answer, too.
            if answer.status not in (200, 302, 404):
                self.errors.append(f"{path}: {answer.status}")
        except OSError as error:
            self.errors.append(f"{path}: {error}")
        self.took.append((time.monotonic() - begun, pattern))

    def work(self, readers: int, until: threading.Event | float) -> None:
        """Readers at work for some seconds, or until something has happened."""
        threads = [threading.Thread(target=self.read, args=(seed,)) for seed in range(readers)]
        for thread in threads:
            thread.start()
        time.sleep(until) if isinstance(until, float) else until.wait()
        self.stopping.set()
        for thread in threads:
            thread.join()


def large(entries: int, content: bytes) -> bytes:
    """An image with one layer of so many files."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        info = tarfile.TarInfo()
        info.size = len(content)
        for number in range(entries):
            info.name = f"d{number // FILES_A_DIRECTORY}/f{number}"
            tar.addfile(info, io.BytesIO(content))
    return saved(f"large:{content.decode()}", file.getvalue(), packed(("top", content)))


def small(number: int) -> bytes:
    files = [(f"d{part}/f{part}", b"%d %d" % (number, part)) for part in range(50)]
    return saved(f"small:{number}", packed(*files), packed(("d0/f0", b"new")))


def saved(name: str, *layers: bytes) -> bytes:
    """As ``docker save`` writes it."""
    places = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": places}]
    documents = [("config.json", config(*layers)), ("manifest.json", json.dumps(manifest).encode())]
    return packed(*documents, *zip(places, layers, strict=True))


def table_row(title: str, group: Class) -> str:
    """Count, median, 99th percentile and worst in milliseconds, and the errors."""
    took = sorted(seconds * 1000 for seconds, _ in group.took)
    p50, p99 = (took[min(len(took) - 1, int(len(took) * share))] for share in (0.5, 0.99))
    return f"| {title} | {len(took)} | {p50:.0f} | {p99:.0f} | {took[-1]:.0f} | {len(group.errors)} |"


def slowest(group: Class) -> str:
    worst = {}
    for seconds, pattern in group.took:
        worst.setdefault(pattern, []).append(seconds * 1000)
    rows = sorted(worst.items(), key=lambda row: -max(row[1]))
    return "\n".join(
        f"  {pattern}: median {sorted(ms)[len(ms) // 2]:.0f} ms, worst {max(ms):.0f} ms"
        for pattern, ms in rows
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/load", description=__doc__)
    parser.add_argument("--readers", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0, help="without imports, and as many with them")
    parser.add_argument("--entries", type=int, default=300_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="imagebrowser-load-"))
    try:
        fill(folder, options.entries)
        alone, beside, writing, imports = measure(folder, options)
    finally:
        shutil.rmtree(folder)
    print(f"\n{options.readers} readers, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    took = f"each {min(imports):.1f} to {max(imports):.1f} s"
    print(f"{len(imports)} imports of {options.entries} entries, {took}\n")
    print("| | pages | p50 ms | p99 ms | worst ms | errors |\n|---|--:|--:|--:|--:|--:|")
    print(table_row("by themselves", alone), table_row("while imports run", beside), sep="\n")
    print(table_row("edits while imports run", writing))
    for title, group in (("by themselves", alone), ("while imports run", beside)):
        print("", title, slowest(group), *group.errors[:10], sep="\n")
    print(*writing.errors[:10], sep="\n")
    return bool(alone.errors or beside.errors or writing.errors)


def fill(folder: Path, entries: int) -> None:
    """A library of twenty images."""
    run_program("migrate", "--skip-checks", "--verbosity=0", data=folder).check_returncode()
    for archive in (large(entries, b"1"), *map(small, range(SMALL))):
        (folder / "a.tar").write_bytes(archive)
        run_program("load", "-q", str(folder / "a.tar"), data=folder).check_returncode()
    run_program("keep_house", data=folder)


def measure(folder: Path, options: argparse.Namespace) -> tuple[Class, Class, Class, list[float]]:
    """Readers by themselves, readers and one who edits while imports run, and what each import took."""
    made = run_program("create", "--name", "edited", "large:1", data=folder)
    container = made.stdout.decode().strip()
    server = Server(folder)
    try:
        html = server.request("GET", "/")[1].decode()
        images = sorted(set(re.findall(r'href="(/images/[0-9a-f]{64}/)"', html)))
        assert len(images) == SMALL + 1
        groups = (Class(server, images, options.entries // FILES_A_DIRECTORY) for _ in range(3))
        alone, beside, writing = groups
        alone.work(options.readers, options.seconds)
        imports, ended = list[float](), threading.Event()
        importing = threading.Thread(target=import_again, args=(server, folder, options, imports, ended))
        importing.start()
        editing = threading.Thread(target=writing.write, args=(container,))
        editing.start()
        beside.work(options.readers, ended)
        importing.join()
        writing.stopping.set()
        editing.join()
    finally:
        server.stop()
    return alone, beside, writing, imports


def import_again(
    server: Server, folder: Path, options: argparse.Namespace, imports: list[float], ended: threading.Event
) -> None:
    """Upload a large image, and remove it again, until the time is over."""
    archive, end = large(options.entries, b"2"), time.monotonic() + options.seconds
    try:
        while time.monotonic() < end:
            begun = time.monotonic()
            status, said = server.upload(archive, "large.tar")
            assert status == 201, said
            while server.jobs("state")[-1][0] in ("receiving", "queued", "running"):
                time.sleep(0.2)
            imports.append(time.monotonic() - begun)
            run_program("rmi", "large:2", data=folder).check_returncode()
    finally:
        ended.set()


if __name__ == "__main__":
    raise SystemExit(main())
