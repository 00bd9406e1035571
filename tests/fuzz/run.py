"""Runs of one target: input drawn from a seed, time and exceptions watched, finds kept as files."""

import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

from tests.fuzz.differential import BSDTAR, disagreement
from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

HANG_SECONDS: Final = 5
COMPARED: Final = 400
"""One tar of so many is shown to bsdtar as well: starting it takes as long as a hundred runs."""


class Hang(BaseException):
    """It took too long. No reader catches this."""


@dataclass(slots=True)
class Report:
    """How the runs of one target went."""

    target: str
    runs: int = 0
    compared: int = 0
    seconds: float = 0.0
    finds: dict[str, bytes] = field(default_factory=dict)
    """One input for each kind of failure."""


def inputs(target: str, seed: int) -> Iterator[bytes]:
    """Damaged input without end; the same seed gives the same."""
    draw, known = Random(f"{target} {seed}"), seeds()[target]
    while True:
        yield mutated(draw.choice(known), draw.choice(known), draw)


def fuzz(target: str, *, runs: int, seed: int) -> Report:
    """Feed one target so many times."""
    report, start = Report(target), time.monotonic()
    for data in inputs(target, seed):
        if report.runs >= runs:
            break
        report.runs += 1
        if failure := failure_of(TARGETS[target], data):
            report.finds.setdefault(failure, data)
        if target == "layer" and BSDTAR and report.runs % COMPARED == 0:
            report.compared += 1
            if difference := disagreement(data):
                report.finds.setdefault(difference, data)
    report.seconds = time.monotonic() - start
    return report


def failure_of(target: Callable[[bytes], None], data: bytes) -> str:
    """What goes wrong with one input: the last lines of a trace; empty where nothing does."""
    try:
        with watched():
            target(data)
    except Hang:
        return f"hangs for more than {HANG_SECONDS} s"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}: {error}"[:200]
    return ""


@contextmanager
def watched() -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def keep(report: Report, folder: Path) -> list[Path]:
    """Write each find where the suite tries it again from now on."""
    paths = []
    for data in report.finds.values():
        paths.append(folder / f"{report.target}-{sha256(data).hexdigest()[:12]}")
        paths[-1].write_bytes(data)
    return paths
