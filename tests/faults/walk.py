"""Walks through an action call by call, and lets one go wrong each time: killed, disk full, disk broken."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.conftest import ROOT, program_environment

HERE: Final = Path(__file__).resolve().parent
TIMEOUT: Final = 300
JUDGED_AT_ONCE: Final = 25
CALLS: Final = (
    "write,pwrite64,rename,unlink,unlinkat,rmdir,mkdir,ftruncate,fsync,fdatasync,copy_file_range,link"
)
"""The system calls that change what outlives the process."""
ACTION_NAMES: Final = ("import", "upload", "edit", "commit", "save", "tag", "delete", "gc", "migrate")
FAULTS: Final = {"KILL": "signal=KILL", "ENOSPC": "error=ENOSPC", "EIO": "error=EIO"}
SCARCE: Final = {"EMFILE": "openat", "ENOMEM": "mmap"}
"""What a machine runs out of beside room, and the call that then fails."""
STRICT: Final = {"IMAGEBROWSER_DURABILITY": "strict", "PYTHONDONTWRITEBYTECODE": "1"}
"""With syncs, so that there is a sync to fail; and no call that only the first run makes."""


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The ``number``-th call of that name by one thread, and what happens at it."""

    action: str
    fault: str
    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.action}: {self.fault} at {self.call} {self.number}"


@dataclass(slots=True)
class Verdict:
    """How a point ended."""

    point: Point
    code: int
    said: str
    found: dict[str, Any] = field(default_factory=dict)

    def faults(self, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
        """Everything that is not as promised; empty where all is."""
        left, again = self.found["left"], self.found["after"]
        wrong = []
        if "Traceback" in self.said:
            wrong.append(f"a trace instead of a sentence: {self.said[-300:]}")
        if left["problems"] or again["problems"]:
            wrong.append(f"fsck: {left['problems']} then {again['problems']}")
        if (left["page"], again["page"]) != (200, 200):
            wrong.append("the page does not answer")
        if self.found["again"]:
            wrong.append(f"the same again fails: {self.found['again']}")
        wrong += [
            f"half-done: {kind}"
            for kind in ("images", "names")
            if self.point.action not in STEPWISE and left["state"][kind] not in (before[kind], after[kind])
        ]
        return [f"{self.point}: {each}" for each in wrong]


STEPWISE: Final = ("delete", "gc")
"""Actions of several steps, each of which is whole."""


class Walk:
    """Libraries in a directory, and what was done to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._prepared: dict[str, Path] = {}

    def prepared(self, action: str) -> Path:
        """The library that an action starts from."""
        kind = "old" if action == "migrate" else "new"
        if kind not in self._prepared:
            directory = self.folder / kind
            directory.mkdir()
            if kind == "old":
                with tarfile.open(HERE.parent / "upgrade" / "first.tar.xz") as archive:
                    archive.extractall(directory, filter="data")
                (directory / "tmp").mkdir()
            else:
                run = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
                subprocess.run(run, env=environment(directory), cwd=ROOT, check=True, timeout=TIMEOUT)
                self.act("prepare", directory)
            self._prepared[kind] = directory
        return self._prepared[kind]

    def new(self, action: str, name: str) -> Path:
        directory = self.folder / "points" / name / "data"
        shutil.copytree(self.prepared(action), directory)
        return directory

    def act(
        self, action: str, directory: Path, before: Sequence[str] = (), env: Mapping[str, str] = {}
    ) -> tuple[int, str]:
        """Status of the process, and what it said on standard error; ``env`` adds to its environment."""
        done = subprocess.run(
            [*before, sys.executable, str(HERE / "actor.py"), action],
            env=environment(directory) | env,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        return done.returncode, done.stderr

    def points(self, action: str) -> list[Point]:
        """Every point of an action; each thread counts its own calls."""
        directory = self.new(action, f"{action}-traced")
        log = directory.parent / "log"
        strace = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={CALLS},openat,mmap"]
        code, said = self.act(action, directory, strace)
        assert code == 0, said
        most: Counter[str] = Counter()
        first: Counter[str] = Counter()
        ready = False
        made: Counter[tuple[str, str]] = Counter()
        for line in log.read_text(errors="replace").splitlines():
            match = re.match(r"(\d+) +(\w+)\(", line)
            if not match:
                continue
            made[match[1], match[2]] += 1
            if not ready:
                first[match[2]] = made[match[1], match[2]]
                ready = '"ready' in line
            most[match[2]] = max(most[match[2]], made[match[1], match[2]])
        return [
            Point(action, fault, call, number)
            for call in sorted(most)
            for number in range(first[call] + 1, most[call] + 1)
            for fault in faults_of(call)
        ]

    def go(self, point: Point) -> tuple[Path, Verdict]:
        """Let it go wrong there, in a library of its own."""
        name = f"{point.action}-{point.fault}-{point.call}-{point.number}"
        directory = self.new(point.action, name)
        happens = FAULTS.get(point.fault, f"error={point.fault}")
        inject = f"inject={point.call}:{happens}:when={point.number}"
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={point.call}", "-e", inject]
        code, said = self.act(point.action, directory, strace)
        return directory, Verdict(point, code, said)

    def judge(self, action: str, directories: Iterable[Path]) -> list[dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, str(HERE / "judge.py"), action, *map(str, directories)],
            env=environment(self.folder / "judge"),
            capture_output=True,
            text=True,
            timeout=TIMEOUT * 4,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    def undisturbed(self, action: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is seen before the action, and after it."""
        directory = self.new(action, f"{action}-undisturbed")
        (found,) = self.judge(action, [directory])
        assert found["again"] == ""
        shutil.rmtree(directory.parent)
        return found["left"]["state"], found["after"]["state"]

    def walk(self, action: str, points: Sequence[Point]) -> tuple[list[Verdict], list[str]]:
        """Every point, and all that was not as promised."""
        before, after = self.undisturbed(action)
        verdicts, wrong = [], []
        for start in range(0, len(points), JUDGED_AT_ONCE):
            went = [self.go(point) for point in points[start : start + JUDGED_AT_ONCE]]
            found = self.judge(action, [directory for directory, _ in went])
            for (directory, verdict), looked in zip(went, found, strict=True):
                verdict.found = looked
                verdicts.append(verdict)
                wrong += verdict.faults(before, after)
                shutil.rmtree(directory.parent)
        return verdicts, wrong


def faults_of(call: str) -> list[str]:
    """What may go wrong at a call."""
    return [fault for fault, its in SCARCE.items() if its == call] or list(FAULTS)


def environment(directory: Path) -> dict[str, str]:
    directory.mkdir(parents=True, exist_ok=True)
    return program_environment(directory) | STRICT


def drawn(points: Sequence[Point], count: int, seed: int) -> list[Point]:
    """Some of them, spread over the calls: the rare ones matter as much."""
    draw = Random(seed)
    by_call: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        by_call.setdefault((point.call, point.fault), []).append(point)
    for some in by_call.values():
        draw.shuffle(some)
    groups = [by_call[key] for key in sorted(by_call)]
    draw.shuffle(groups)
    spread = [group[turn] for turn in range(max(map(len, groups))) for group in groups if turn < len(group)]
    return spread[:count]
