"""605 hostile archives: each is refused in one sentence that leaves nothing, or does no harm."""

import csv
import fcntl
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.conftest import program_environment

HERE = Path(__file__).resolve().parent
PROCESSES = 2
FILES_A_PROCESS = 76
SECONDS_A_FILE = 60
PEAK_KIB = 300 * 1024
LONGEST_MESSAGE = 500
Case = dict[str, str]
Outcome = dict[str, Any]


def cases() -> list[Case]:
    with (HERE / "expected.csv").open(newline="") as file:
        return list(csv.DictReader(file))


CASES = cases()


class Runs:
    """Imports files in processes, some a process, and remembers what came of them.

    The folder is shared by all workers of the test run: what one has imported, none imports again.
    """

    def __init__(self, folder: Path, migrated: Path, files: list[str]) -> None:
        self.folder = folder
        self.migrated = migrated
        self.corpus = folder / "corpus"
        self.parts = [
            files[start : start + FILES_A_PROCESS] for start in range(0, len(files), FILES_A_PROCESS)
        ]
        folder.mkdir(exist_ok=True)

    def make_corpus(self) -> None:
        """Write the files, unless they are there."""
        with self.lock("corpus"):
            if not self.corpus.exists():
                command = [sys.executable, str(HERE / "make_hostile.py"), str(self.corpus)]
                subprocess.run(command, check=True, capture_output=True, timeout=SECONDS_A_FILE * 5)

    def outcome(self, file: str) -> Outcome:
        """What came of a file, waited for."""
        return self.part(next(number for number, part in enumerate(self.parts) if file in part))[file]

    def run_ahead(self) -> None:
        """Run every part that nobody has run, or is running."""
        for number in range(len(self.parts)):
            with suppress(BlockingIOError):
                self.part(number, fcntl.LOCK_NB)

    @cache  # noqa: B019 - as long as the run of the tests
    def part(self, number: int, flags: int = 0) -> dict[str, Outcome]:
        """The outcomes of a part."""
        with self.lock(f"part-{number}", flags):
            told = self.folder / f"part-{number}.json"
            if not told.exists():
                told.write_text(json.dumps(self.run(self.parts[number], self.folder / f"library-{number}")))
            return json.loads(told.read_text())

    def run(self, files: list[str], directory: Path) -> dict[str, Outcome]:
        """The outcomes of ``files``, from a process that imports one after the other."""
        directory.mkdir()
        paths = [str(self.corpus / file) for file in files]
        found = subprocess.run(
            [sys.executable, str(HERE / "runner.py"), str(directory), str(self.migrated), *paths],
            env=program_environment(directory / "data"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS_A_FILE * len(files),
        )
        rows = [json.loads(line) for line in found.stdout.splitlines()]
        return {str(Path(row["file"]).relative_to(self.corpus)): row for row in rows}

    @contextmanager
    def lock(self, name: str, flags: int = 0) -> Iterator[None]:
        with (self.folder / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | flags)
            yield


@pytest.fixture(scope="session")
def runs(request, migrated_database, tmp_path_factory) -> Runs:
    """What the tests of this session ask for, under way."""
    wanted = sorted({file for item in request.session.items for file in files_of(item)}, key=order)
    base = tmp_path_factory.getbasetemp()
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    runs = Runs((base.parent if workers > 1 else base) / "hostile", migrated_database, wanted)
    runs.make_corpus()
    for _ in range(max(PROCESSES // workers, 1)):
        Thread(target=runs.run_ahead, daemon=True).start()
    return runs


def files_of(item: pytest.Item) -> list[str]:
    """The files whose outcome a test asks for."""
    if item.path != Path(__file__) or not hasattr(item, "callspec"):
        return []
    params = item.callspec.params
    return [params["case"]["file"] if "case" in params else OF_DOCKER[params["name"]]["file"]]


def order(file: str) -> tuple[bool, int]:
    """Bombs first: they take longest."""
    return not file.startswith("bomb"), next(at for at, case in enumerate(CASES) if case["file"] == file)


def run(files: list[str], corpus: Path, directory: Path, migrated: Path) -> dict[str, Outcome]:
    """The outcomes of ``files``, from a process that imports one after the other."""
    paths = [str(corpus / file) for file in files]
    command = [sys.executable, str(HERE / "runner.py"), str(directory), str(migrated), *paths]
    found = subprocess.run(
        command,
        env=program_environment(directory / "data"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS_A_FILE * len(files),
    )
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    return {str(Path(row["file"]).relative_to(corpus)): row for row in rows}


def test_the_generator_writes_the_files_that_the_verdicts_are_about(runs):
    assert (runs.corpus / "expected.csv").read_bytes() == (HERE / "expected.csv").read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_hostile_file(case, runs):
    found = runs.outcome(case["file"])

    assert found["outcome"] in ("refused", "imported"), found
    assert not found["outside"], "a file was written outside the data directory"
    assert found["peak_kib"] < PEAK_KIB
    assert found["problems"] == []
    if case["verdict"] in ("reject", "limit"):
        assert found["outcome"] == "refused", case["check"]
    if case["verdict"] == "limit":
        assert found["error"] == "LimitExceeded", found["message"]
        assert re.search(r"limit \w+ = \d+, found .+", found["message"])
    if case["verdict"] == "accept":
        assert found["outcome"] == "imported", found["message"]
    if found["outcome"] == "refused":
        check_refusal(found)
    else:
        check_import(found)


def check_refusal(found: Outcome) -> None:
    """One sentence that can be shown to anybody, and nothing else."""
    message = found["message"]
    assert message.isprintable(), message
    assert 0 < len(message) <= LONGEST_MESSAGE, message
    assert not message.startswith("''"), "the message does not say where"
    assert not re.search(r"Traceback|/tmp/|/data/|<class|object at 0x", message), message
    assert (found["rows"], found["left"]) == ({}, []), "something is left"


def check_import(found: Outcome) -> None:
    """What is shown is of the image, and reads as a tree."""
    assert not found.get("secret"), "a file of this machine is shown"
    paths = [row[0] for row in found.get("tree", [])]
    assert len(paths) == len(set(paths))
    parents = {""} | set(paths)
    for path in paths:
        parts = path.split("/")
        assert not {"", ".", ".."} & set(parts), path
        assert "\0" not in path
        assert not [part for part in parts if part.startswith(".wh.")], path
        assert "/".join(parts[:-1]) in parents, path


BASE = {
    *("a", "a/b", "a/b/bar", "bin", "bin/tool", "dead", "etc", "etc/passwd"),
    *("file1", "keep", "localetc"),
}
BELOW_A = {"a", "a/b", "a/b/bar"}
TREES: dict[str, set[str]] = {
    "file": BASE - {"file1"},
    "dir": BASE - BELOW_A,
    "missing": BASE,
    "opaque-before": BASE - {"a/b/bar"} | {"a/b/foo"},
    "opaque-after": BASE - {"a/b/bar"} | {"a/b/foo"},
    # docker's overlay cannot hide all of the root: the golden 13-handmade-tars/opaque-root says so.
    "opaque-root": BASE | {"new"},
    "same-layer-before": BASE,
    "same-layer-after": BASE,
    "dir-then-child": BASE - BELOW_A | {"a", "a/new"},
    "first-layer": BASE | {"y"},
    "type-changes": BASE - BELOW_A - {"bin/tool"} | {"a", "file1/child"},
    "of-whiteout": BASE,
    "meta-empty": BASE,
    "hard-lower-layer": BASE | {"newname"},
    "unicode-twins": {"README", "readme", "caf\xc3\xa9", "cafe\xcc\x81"},
    "devices": {"hello.txt", "dev", "dev/null", "dev/sda", "fifo", "cont"},
    "size-override-hides-entry": {"hello.txt", "blob.bin", "after"},
    "hidden-after-end": {"hello.txt"},
    "only-zero-blocks": set(),
}
"""Where a case has one right answer: the paths of the merged tree, of the docker-archive."""
CONTENTS = {
    ("same-layer-before", "file1"): "two\n",
    ("same-layer-after", "file1"): "two\n",
    ("hard-lower-layer", "newname"): "one\n",
    ("dup-names", "same"): "49\n",
    ("dup-file-dir-link", "x"): "last\n",
    ("overwrite-symlink-dir", "localetc/passwd"): "changed\n",
    ("hard-with-data", "after"): "after\n",
    ("dir-with-data", "after"): "after\n",
    ("unknown-types", "after"): "after\n",
    ("file-named-empty", "hello.txt"): "hello\n",
    ("file-named-dot", "hello.txt"): "hello\n",
    ("file-named-slash", "hello.txt"): "hello\n",
    ("sym-root-replaced", "hostile-pwned"): "pwned\n",
}
"""What a file of the merged tree reads."""
OF_DOCKER = defaultdict(dict, {case["case"]: case for case in CASES if case["kind"] == "docker.tar"})


@pytest.mark.parametrize("case", [OF_DOCKER[name] for name in TREES], ids=lambda case: case["file"])
def test_the_tree_is_the_one_right_one(case, runs):
    assert {row[0] for row in runs.outcome(case["file"])["tree"]} == TREES[case["case"]]


@pytest.mark.parametrize(("name", "path"), CONTENTS)
def test_the_file_reads_as_it_should_where_it_is_imported(name, path, runs):
    found = runs.outcome(OF_DOCKER[name]["file"])
    if found["outcome"] == "imported":
        assert found["contents"][path] == CONTENTS[name, path]
