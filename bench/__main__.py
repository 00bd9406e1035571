"""``bench/run``: make the inputs, measure, print the tables as Markdown."""

import argparse
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from bench.comparisons import measure_comparisons
from bench.containers import measure_containers
from bench.imports import measure_imports
from bench.inputs import CROWD, archive_path, forms_of, make_inputs, say
from bench.pages import measure_first_bytes, measure_pages
from bench.program import Program, own_python
from bench.report import (
    goals_table,
    imports_table,
    machine,
    pages_table,
    saves_table,
    space_table,
    waits_table,
)
from bench.saves import measure_saves
from bench.search import GOAL_SECONDS, measure_search
from bench.space import measure_space

PARTS = (
    *("inputs", "imports", "pages", "rows", "growth", "saves", "containers", "comparisons", "space"),
    "search",
)


def main() -> None:
    """Measure the parts that are asked for; all of them unless told."""
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("bench/data"), help="where the inputs lie: 3 GB")
    parser.add_argument("--work", type=Path, help="where libraries are made and removed again: 3 GB")
    parser.add_argument("--quick", action="store_true", help="medians of 3 rounds, not of 5")
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="measure only this part; may be repeated"
    )
    parser.add_argument("--python", type=Path, default=own_python(), help="the Python that runs the program")
    options = parser.parse_args()
    if set(options.only or PARTS) - {"search"}:
        make_inputs(options.data.absolute())
    options.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.work or options.data) as work:
        program = Program(Path(work).absolute(), options.python)
        measure(options.data.absolute(), program, 3 if options.quick else 5, set(options.only or PARTS))


def measure(data: Path, program: Program, count: int, parts: set[str]) -> None:
    """Print each part as soon as it is there."""
    print(machine(program, count), flush=True)
    if "imports" in parts:
        print("", imports_table(measure_imports(data, program, count)), sep="\n", flush=True)
    if "pages" in parts:
        latencies = measure_pages(data, program)
        latencies += [measure_first_bytes(data, program, form) for form in forms_of("real")]
        print("", pages_table(latencies), sep="\n", flush=True)
    if "rows" in parts:
        print("", measure_rows(data, program), sep="\n", flush=True)
    if "growth" in parts:
        print("", measure_growth(data, program, count), sep="\n", flush=True)
    if "saves" in parts:
        print("", saves_table(measure_saves(data, program, count)), sep="\n", flush=True)
    if "containers" in parts:
        print("", waits_table(measure_containers(data, program, count)), sep="\n", flush=True)
    if "comparisons" in parts:
        print("", goals_table(measure_comparisons(data, program)), sep="\n", flush=True)
    if "space" in parts:
        print("", space_table(measure_space(data, program)), sep="\n", flush=True)
    if "search" in parts:
        latencies, sentence = measure_search(program)
        print("", sentence, "", pages_table(latencies, GOAL_SECONDS), sep="\n", flush=True)
    print("", f"- load after: {os.getloadavg()[0]:.1f}", sep="\n")


def measure_rows(data: Path, program: Program) -> str:
    """Entries a second and bytes an entry, from the 200,000 files."""
    say("rows of many-plain")
    program.load_into_empty(archive_path(data, "many", "plain"))
    source, target = program.work / "one/db.sqlite3", program.empty_library("rows")
    empty_size = (target / "db.sqlite3").stat().st_size
    call = f"from bench.rows import main; main({str(source)!r})"
    rows, seconds = program.manage(target, "shell", "-c", call).output.split()[-2:]
    table_size = (target / "db.sqlite3").stat().st_size - empty_size
    with sqlite3.connect(source) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    index_size = source.stat().st_size - empty_size
    count = int(rows)
    return (
        f"{count:,} entries: {count / float(seconds):,.0f} rows/s, {table_size / count:.0f} bytes each; "
        f"with directories and changes {index_size / count:.0f} bytes."
    )


def measure_growth(data: Path, program: Program, count: int) -> str:
    """The same import into an empty library, and into one that holds everything else."""
    say("growth")
    archive, full = archive_path(data, "wide", "gzip"), program.empty_library("full")
    for other in ("crowd-1.tar", "crowd-2.tar", "tall-gzip.tar", "many-gzip.tar"):
        program.manage(full, "load", data / other)
    empty_seconds = sorted(program.load_into_empty(archive).seconds for _ in range(count))
    full_seconds = []
    for _ in range(count):
        shutil.rmtree(program.work / "copy", ignore_errors=True)
        shutil.copytree(full, program.work / "copy")
        full_seconds.append(program.manage(program.work / "copy", "load", archive).seconds)
    middle = count // 2
    return (
        f"wide-gzip (100,000 entries) takes {empty_seconds[middle]:.2f} s into an empty library, "
        f"{sorted(full_seconds)[middle]:.2f} s into one that holds {CROWD + 2} images and 400,000 entries."
    )


if __name__ == "__main__":
    main()
