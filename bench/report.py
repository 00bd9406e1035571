"""The figures as Markdown, with what they were measured on."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.comparisons import Goal
from bench.containers import Wait
from bench.imports import Row, find_dive
from bench.pages import Latency
from bench.program import Program
from bench.saves import GOAL, Saved
from bench.space import SpaceRow

MILLI = 1000
PAGE_GOAL = 0.05
SPACE_GOAL = 0.2
MIB = 2**20


def machine(program: Program, count: int) -> str:
    """Where, when and with which versions."""
    facts = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} × {processor()}, {memory_size() / 2**30:.0f} GiB, {platform.release()}",
        "python": first_line([program.python, "--version"]),
        "packages": ", ".join(f"{name} {version(program, name)}" for name in ("django", "isal", "zstandard")),
        "sqlite": first_line([program.python, "-c", "import sqlite3; print(sqlite3.sqlite_version)"]),
        "dive": dive_version() or "not found: skipped (`go install github.com/wagoodman/dive@latest`)",
        "tools": ", ".join(filter(shutil.which, ("igzip", "pigz", "gzip", "zstd", "openssl"))),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "rounds": str(count),
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def imports_table(rows: Iterable[Row]) -> str:
    """Seconds, ratios, memory and disk of imports."""
    lines = []
    for row in rows:
        ratio = row.load / row.dive if row.dive else None
        lines.append(
            [
                row.name,
                f"{row.load:.2f}",
                shown(row.dive),
                shown(ratio),
                shown(row.goal),
                f"{row.floor:.2f}",
                f"{row.load / row.floor:.2f}",
                f"{row.memory_size / MIB:.0f}",
                f"{row.disk_ratio:.2f}",
            ]
        )
    heads = [
        "archive",
        "load s",
        "dive s",
        "load ÷ dive",
        "goal ≤",
        "floor s",
        "load ÷ floor",
        "peak MiB",
        "disk",
    ]
    return table(heads, lines)


def pages_table(rows: Iterable[Latency], goal: float = PAGE_GOAL) -> str:
    """Milliseconds of answers; ``goal`` is in seconds."""
    lines = [
        [what, f"{middle * MILLI:.1f}", f"{high * MILLI:.1f}", "yes" if high <= goal else "no"]
        for what, middle, high in rows
    ]
    return table(["answer", "p50 ms", "p99 ms", f"≤ {goal * MILLI:.0f} ms"], lines)


def saves_table(rows: Iterable[Saved]) -> str:
    """Seconds, and the speed of ``save`` as a part of that of ``cp``."""
    lines = [
        [
            row.name,
            f"{row.size / MIB:,.0f}",
            f"{row.cp:.3f}",
            f"{row.save:.3f}",
            f"{row.cp / row.save:.2f}",
            "yes" if row.cp / row.save >= GOAL else "no",
        ]
        for row in rows
    ]
    return table(["archive", "MiB", "cp s", "save s", "speed, save ÷ cp", f"≥ {GOAL}"], lines)


def waits_table(rows: Iterable[Wait]) -> str:
    """Milliseconds that a person waits, and how much of it comes from the size of the image."""
    lines = [
        [
            row.what,
            *(f"{seconds * MILLI:.1f}" for seconds in (*row.small, *row.large)),
            f"{row.large[0] / row.small[0]:.2f}",
            f"{row.goal * MILLI:.0f}",
            "yes" if row.large[1] <= row.goal else "no",
        ]
        for row in rows
    ]
    heads = ["1,000 entries p50 ms", "p99 ms", "100,000 entries p50 ms", "p99 ms", "p50 ÷ p50", "goal p99 ≤"]
    return table(["container", *heads, "reached"], lines)


def goals_table(rows: Iterable[Goal]) -> str:
    """Milliseconds of answers, each with a goal of its own."""
    lines = [
        [
            row.what,
            *(f"{seconds * MILLI:.0f}" for seconds in (row.middle, row.high, row.goal)),
            "yes" if row.high <= row.goal else "no",
        ]
        for row in rows
    ]
    return table(["comparison of 2 × 100,000 entries", "p50 ms", "p99 ms", "goal p99 ≤", "reached"], lines)


def space_table(rows: Iterable[SpaceRow]) -> str:
    """Milliseconds of the page about an image's bytes, seconds of what it does once."""
    lines = [
        [
            row.title,
            f"{row.first:.2f}",
            f"{row.middle * MILLI:.1f}",
            f"{row.high * MILLI:.1f}",
            "yes" if row.high <= SPACE_GOAL else "no",
            f"{row.score:.2f}",
            f"{row.command:.2f}",
        ]
        for row in rows
    ]
    heads = ["space", "first page s", "p50 ms", "p99 ms", "≤ 200 ms", "dive's score s", "command s"]
    return table(heads, lines)


def table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table, numbers to the right."""
    rule = "|".join(["---", *["--:"] * (len(heads) - 1)])
    return "\n".join(
        [f"| {' | '.join(heads)} |", f"|{rule}|", *(f"| {' | '.join(line)} |" for line in lines)]
    )


def shown(value: float | None) -> str:
    """Two places, or a dash."""
    return "–" if value is None else f"{value:.2f}"


def first_line(words: Sequence[str | Path]) -> str:
    """What a command prints first."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.partition("\n")[0]


def version(program: Program, package: str) -> str:
    """The version of a package that the program uses."""
    script = f"import importlib.metadata as m; print(m.version({package!r}))"
    return first_line([program.python, "-c", script])


def dive_version() -> str:
    """The peer's, from what Go wrote into it."""
    dive = find_dive()
    if dive is None:
        return ""
    built = subprocess.run(["go", "version", "-m", dive], capture_output=True, text=True, check=False).stdout
    lines = [line.split() for line in built.splitlines() if line.lstrip().startswith("mod")]
    return lines[0][2] if lines else first_line([dive, "--version"])


def processor() -> str:
    """The CPU's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory_size() -> int:
    """Bytes of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
