"""``script/faults``: hundreds of points at which every action is killed, or the disk is full or broken."""

import argparse
import os
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.walk import ACTION_NAMES, FAULTS, SCARCE, Verdict, Walk, drawn

KINDS = (*FAULTS, *SCARCE)


def walked(action: str, count: int, seed: int) -> tuple[list[Verdict], list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(Path(folder))
        return walk.walk(action, drawn(walk.points(action), count, seed))


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("--points", type=int, default=540, help="in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=ACTION_NAMES, action="append", help="one action")
    options = parser.parse_args()
    actions = options.only or ACTION_NAMES
    each = -(-options.points // len(actions))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = list(pool.map(lambda action: walked(action, each, options.seed), actions))
    print(f"| action | {' | '.join(KINDS)} | killed or refused | not as promised |")
    print("|---" + "|--:" * (len(KINDS) + 2) + "|")
    wrong: list[str] = []
    for action, (verdicts, faults) in zip(actions, ends, strict=True):
        counts = Counter(verdict.point.fault for verdict in verdicts)
        hit = sum(verdict.code != 0 for verdict in verdicts)
        row = " | ".join(str(counts[fault]) for fault in KINDS)
        print(f"| {action} | {row} | {hit} | {len(faults)} |")
        wrong += faults
    print(f"\n{sum(len(verdicts) for verdicts, _ in ends)} points, {len(wrong)} not as promised.")
    print("\n".join(wrong))
    return min(len(wrong), 99)


if __name__ == "__main__":
    raise SystemExit(main())
