"""``script/hostile``: every hostile archive through a real server, which answers all the while."""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Final

from tests.conftest import run_program
from tests.jobs.server import Server, await_value

HERE: Final = Path(__file__).resolve().parent
POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 120
ENDED: Final = ("done", "failed", "cancelled")


class Poll(threading.Thread):
    """Asks ``/healthz`` ten times a second; milliseconds of each answer, and what was no answer."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server, self.took, self.wrong = server, list[float](), list[str]()
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(POLL_SECONDS):
            begun = time.monotonic()
            try:
                status = self.server.request("GET", "/healthz")[0]
                if status != 200:
                    self.wrong.append(str(status))
            except OSError as error:
                self.wrong.append(str(error))
            self.took.append((time.monotonic() - begun) * 1000)


def sent(server: Server, path: Path) -> str:
    """How the upload of a file ended: a status that refused it, or the state of its import."""
    status, body = server.upload(path.read_bytes(), path.name)
    if status != 201:
        return f"status {status}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        state = server.jobs("state")[-1][0]
        if state in ENDED:
            return state
        time.sleep(0.02)
    return f"hangs: {body[:100]!r}"


def seconds_of_imports(server: Server) -> list[tuple[float, str]]:
    """How long each ran, the longest first."""
    rows = server.jobs("started_at, ended_at, filename")
    spans = ((datetime.fromisoformat(end) - datetime.fromisoformat(start), name) for start, end, name in rows)
    return sorted(((span.total_seconds(), name) for span, name in spans), reverse=True)


def left_in(data: Path) -> tuple[int, int]:
    """Files of uploads and stagings, and problems that fsck finds, once all images are gone."""
    images = run_program("images", "-q", data=data).stdout.decode().split()
    if images:
        run_program("rmi", "--force", *sorted(set(images)), data=data)
    run_program("gc", "--grace", "0s", data=data).check_returncode()
    found = run_program("fsck", "--deep", "--format", "json", data=data).stdout.splitlines()
    files = [path for name in ("blobs", "tmp/uploads", "tmp/staging") for path in (data / name).rglob("*")]
    return sum(path.is_file() and path.name != ".lock" for path in files), len(found) - 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/hostile", description=__doc__)
    parser.add_argument("--only", help="one group of archives")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus, data = Path(folder) / "corpus", Path(folder) / "data"
        maker = [sys.executable, str(HERE / "make_hostile.py"), str(corpus)]
        subprocess.run(maker, check=True, capture_output=True)
        data.mkdir()
        run_program("migrate", "--skip-checks", "--verbosity=0", data=data).check_returncode()
        with (HERE / "expected.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if options.only in (None, row["group"])]
        server = Server(data)
        poll = Poll(server)
        poll.start()
        begun = time.monotonic()
        ends = {row["file"]: sent(server, corpus / row["file"]) for row in rows}
        took = time.monotonic() - begun
        await_value(lambda: not list((data / "tmp" / "uploads").iterdir()))
        poll.stopping.set()
        poll.join()
        longest, log = seconds_of_imports(server), server.log.read_text()
        server.stop()
        left, problems = left_in(data)
    asked = sorted(poll.took)
    wrong = [
        f"{row['file']}: {ends[row['file']]}"
        for row in rows
        if ends[row["file"]] not in ("done", "failed", "status 413")
        or (row["verdict"] in ("reject", "limit") and ends[row["file"]] == "done")
        or (row["verdict"] == "accept" and ends[row["file"]] != "done")
    ]
    print(f"{len(rows)} archives in {took:.0f} s: {json.dumps(Counter(ends.values()))}")
    print(f"imports: the longest {', '.join(f'{span:.1f} s {name}' for span, name in longest[:3])}")
    print(f"/healthz: asked {len(asked)} times, p99 {asked[len(asked) * 99 // 100]:.0f} ms, ", end="")
    print(f"worst {asked[-1]:.0f} ms, no answer {len(poll.wrong)} times")
    print(f"traces in the log: {log.count('Traceback')}; once deleted: {left} files, {problems} problems")
    print(*wrong, sep="\n")
    return bool(wrong or poll.wrong or left or problems or "Traceback" in log)


if __name__ == "__main__":
    raise SystemExit(main())
