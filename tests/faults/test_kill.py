"""An import that is killed shows all or nothing, and is forgotten; the same import then succeeds."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conftest import program_environment

HERE = Path(__file__).resolve().parent
ARCHIVE = HERE.parent / "golden" / "01-webserver" / "image.tar"
IMAGES = 2
CALLS = "write,pwrite64,rename,unlink,unlinkat,rmdir,mkdir,ftruncate,fsync,fdatasync,copy_file_range"
"""The system calls that change what outlives the process."""
POINTS = 24
LEAST_KILLED = 20
"""Threads race for work, so that now and then a call that was counted is not made."""
PROGRESS_POINTS = 6
TIMEOUT = 120


class Library:
    """Fresh libraries, imports into them, and what is left."""

    def __init__(self, folder: Path, migrated: Path) -> None:
        self.folder = folder
        self.migrated = migrated

    def new(self, name: str) -> Path:
        directory = self.folder / name
        (directory / "tmp").mkdir(parents=True)
        shutil.copy(self.migrated, directory / "db.sqlite3")
        return directory

    def start(self, directory: Path, *words: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """An importer that is ready, and waits for a line."""
        return subprocess.Popen(
            [*before, sys.executable, str(HERE / "importer.py"), str(ARCHIVE), *words],
            env=program_environment(directory),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, directory: Path, *words: str, before: tuple[str, ...] = ()) -> tuple[int, str]:
        process = self.start(directory, *words, before=before)
        out, _ = process.communicate("\n", timeout=TIMEOUT)
        return process.returncode, out

    def inspect(self, *directories: Path) -> list[dict[str, Any]]:
        found = subprocess.run(
            [sys.executable, str(HERE / "inspector.py"), str(ARCHIVE), *map(str, directories)],
            env=program_environment(self.folder / "inspector"),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        assert found.returncode == 0, found.stderr[-3000:]
        return [json.loads(line) for line in found.stdout.splitlines()]


@pytest.fixture(scope="module")
def library(tmp_path_factory, migrated_database) -> Library:
    return Library(tmp_path_factory.mktemp("faults"), migrated_database)


@pytest.fixture(scope="module")
def undisturbed(library) -> dict[str, Any]:
    """What a library holds after an import that nothing happened to."""
    directory = library.new("undisturbed")
    code, _ = library.run(directory)
    assert code == 0
    (found,) = library.inspect(directory)
    assert len(found["left"]["images"]) == IMAGES
    return found["again"]


def check(found: dict[str, Any], undisturbed: dict[str, Any], point: str) -> None:
    """All or nothing; nothing left once cleaned; and the same as ever once imported again."""
    images = found["left"]["images"]
    assert images in ({}, undisturbed["images"]), f"{point}: part of the archive is shown"
    assert found["left"]["missing"] == [], f"{point}: a blob is missing"
    cleaned = found["cleaned"]
    assert cleaned["images"] == images, point
    expected = undisturbed["rows"] if images else {}
    assert (cleaned["rows"], cleaned["stray"], cleaned["temporary"]) == (expected, [], []), point
    assert cleaned["problems"] == found["again"]["problems"] == [], point
    assert found["again"] == undisturbed, f"{point}: the same import again does not end the same"


def test_an_import_killed_while_it_reports_leaves_all_or_nothing(library, undisturbed):
    code, out = library.run(library.new("counted"))
    assert code == 0
    reports = int(out.split()[1])
    points = sorted(Random(9).sample(range(1, reports + 1), min(PROGRESS_POINTS, reports)))
    directories = []
    for point in points:
        directories.append(library.new(f"progress-{point}"))
        code, _ = library.run(directories[-1], str(point))
        assert code == -9
    for point, found in zip(points, library.inspect(*directories), strict=True):
        check(found, undisturbed, f"report {point} of {reports}")


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_an_import_killed_at_any_system_call_leaves_all_or_nothing(library, undisturbed):
    directories, points, codes = [], [], []
    for call, number in drawn_points(library):
        inject = f"{call}:signal=KILL:when={number}"
        directory = library.new(f"{call}-{number}")
        strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={inject}")
        code, _ = library.run(directory, before=strace)
        codes.append(code)
        directories.append(directory)
        points.append(f"{call} number {number}")
    assert codes.count(-9) >= LEAST_KILLED, list(zip(points, codes, strict=True))
    for point, found in zip(points, library.inspect(*directories), strict=True):
        check(found, undisturbed, point)


def drawn_points(library: Library) -> list[tuple[str, int]]:
    """Some of all the calls that an import makes, by name and number; each thread counts its own."""
    directory = library.new("traced")
    log = directory / "log"
    code, _ = library.run(directory, before=("strace", "-f", "-qq", "-o", str(log), "-e", f"trace={CALLS}"))
    if code != 0:
        pytest.skip("strace may not trace here")
    made = Counter(re.findall(r"^(\d+) +(\w+)\(", log.read_text(), re.MULTILINE))
    most: Counter[str] = Counter()
    for (_, call), count in made.items():
        most[call] = max(most[call], count)
    every = [(call, number) for call, count in sorted(most.items()) for number in range(1, count + 1)]
    rare = [(call, 1) for call in sorted(most)]
    return rare + Random(3).sample(every, max(POINTS - len(rare), 0))


def test_two_imports_of_one_archive_at_once_both_succeed_and_store_it_once(library, undisturbed):
    directory = library.new("twice")
    processes = [library.start(directory) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=TIMEOUT) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ends
    assert ends[0][0].split()[1:] == ends[1][0].split()[1:]

    (found,) = library.inspect(directory)
    assert found["left"]["images"] == undisturbed["images"]
    assert found["cleaned"] == undisturbed
