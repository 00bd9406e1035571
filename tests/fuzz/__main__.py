"""``script/fuzz``: many runs of every target, on every processor, and a table of how they went."""

import argparse
import os
import resource
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.fuzz.run import Report, fuzz, keep
from tests.fuzz.targets import TARGETS

FOUND = Path(__file__).parent / "found"
SHARE = 5000
"""Runs that one process does at a time."""


def job(share: tuple[str, int, int]) -> tuple[Report, int]:
    """One share, and the most memory its process had, in MiB."""
    target, runs, seed = share
    report = fuzz(target, runs=runs, seed=seed)
    return report, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same input")
    parser.add_argument("--only", choices=sorted(TARGETS), action="append", help="one target")
    options = parser.parse_args()
    targets = options.only or sorted(TARGETS)
    each = -(-options.runs // len(targets))
    shares = [
        (target, min(SHARE, each - start), options.seed * 1_000_000 + start)
        for start in range(0, each, SHARE)
        for target in targets
    ]
    totals = {target: Report(target) for target in targets}
    memory = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for report, peak in pool.map(job, shares):
            total, memory = totals[report.target], max(memory, peak)
            total.runs += report.runs
            total.compared += report.compared
            total.seconds += report.seconds
            total.finds = report.finds | total.finds
    return told(list(totals.values()), memory)


def told(reports: list[Report], memory: int) -> int:
    """Print the table; how many finds there are, as an exit status."""
    print("| target | runs | shown to bsdtar | runs a second | finds |\n|---|--:|--:|--:|--:|")
    for report in reports:
        speed = report.runs / max(report.seconds, 0.001)
        row = f"{report.runs:,} | {report.compared:,} | {speed:,.0f} | {len(report.finds)}"
        print(f"| {report.target} | {row} |")
    print(f"\n{sum(report.runs for report in reports):,} runs, at most {memory} MiB of memory.")
    for report in reports:
        for failure, path in zip(report.finds, keep(report, FOUND), strict=True):
            print(f"{path.name}: {failure}")
    return min(sum(len(report.finds) for report in reports), 99)


if __name__ == "__main__":
    raise SystemExit(main())
