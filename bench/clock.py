"""Seconds and bytes of memory that a command takes, and what many runs of it come to."""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command."""

    seconds: float
    """From the start of the process to its end."""
    largest_size: int
    """Peak memory of its largest process, in bytes, as the kernel counts it."""
    output: str


def run(words: Sequence[str | Path], environment: dict[str, str] | None = None, fails: bool = False) -> Run:
    """Run a command to its end. Unless ``fails``, a failure ends the bench with its last words."""
    start = time.perf_counter()
    process = subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout
    output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and not fails:
        raise SystemExit(f"{' '.join(map(str, words))} failed:\n{output[-2000:]}")
    return Run(seconds, usage.ru_maxrss * 1024, output)


def medians(count: int, *commands: Callable[[], Run]) -> list[float]:
    """The median seconds of each command over ``count`` rounds; in each round every command has its turn."""
    rounds = [[command().seconds for command in commands] for _ in range(count)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """The median, and the value that 99 of 100 stay below."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return cuts[49], cuts[98]


class TreeMemory:
    """The most memory that this process's children held at one time, sampled: ``peak`` in bytes."""

    def __enter__(self) -> "TreeMemory":
        self.peak, self._done = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(map(proportional_size, descendants(os.getpid()))))


def descendants(pid: int) -> list[int]:
    """The processes below ``pid``."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in map(int, children) for found in [child, *descendants(child)]]


def proportional_size(pid: int) -> int:
    """Memory of a process, pages it shares divided among those that share them; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
