"""Highlighting and comparing text within a time limit, in the process of ``texthelper``."""

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from layers.views.linediff import Difference, Row

SECONDS = 1.5
FIRST_SECONDS = 10.0
"""A cold helper has Pygments to load."""
ROOT = Path(__file__).resolve().parents[2]
HELPER = "layers.views.texthelper"

Tokens = list[tuple[str, str]]
"""A line: (CSS class of Pygments, text), empty class for plain text."""


class Helper:
    """The child process, started when first needed, and again after it was ended for taking too long."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, task: str, *arguments: object) -> Any:
        """The answer, of the shape the task has; ``None`` when it took too long or failed."""
        with self.lock:
            seconds = SECONDS if self.process else FIRST_SECONDS
            process = self.process or self.start()
            request = json.dumps({"task": task, "arguments": arguments}).encode() + b"\n"
            answer = exchange(process, request, time.monotonic() + seconds)
            if answer is None:
                self.stop()
            return json.loads(answer) if answer else None

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-E", "-s", "-m", HELPER]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        for pipe in (self.process.stdin, self.process.stdout):
            os.set_blocking(pipe.fileno(), False)  # type: ignore[union-attr]  # both are pipes, see above
        return self.process

    def stop(self) -> None:
        """End the child; the next question starts another."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def exchange(process: subprocess.Popen[bytes], request: bytes, deadline: float) -> bytes | None:
    """Write a line and read a line, both ways at once; ``None`` at the deadline or when the child died."""
    assert process.stdin
    assert process.stdout
    rest, answer = memoryview(request), bytearray()
    try:
        while not answer.endswith(b"\n"):
            writers = [process.stdin] if rest else []
            seconds = deadline - time.monotonic()
            readable, writable, _ = select.select([process.stdout], writers, [], max(0, seconds))
            if not readable and not writable:
                return None
            if writable:
                rest = rest[os.write(process.stdin.fileno(), rest[:65536]) :]
            if readable:
                chunk = os.read(process.stdout.fileno(), 1 << 20)
                if not chunk:
                    return None
                answer += chunk
    except BrokenPipeError:
        return None
    return bytes(answer)


HELP = Helper()
atexit.register(HELP.stop)


def highlighted(text: str, language: str = "", name: str = "") -> list[Tokens]:
    """The lines of ``text`` as tokens: by its language, else by its file name, else plain."""
    found = HELP.ask("highlight", text, name, language)
    return found or [[("", line)] for line in text.split("\n")]


def compared(
    before: list[str], after: list[str], *, whole: bool = False, start: int = 0, limit: int = 1000
) -> Difference | None:
    """A page of two texts side by side, given as lines with their ends; ``None`` past the time allowed."""
    found = HELP.ask("compare", before, after, whole, start, limit)
    return Difference([Row(*row) for row in found[0]], *found[1:]) if found else None
