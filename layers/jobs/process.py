"""A child process of the server, as the server sees it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

MANAGE = Path(settings.BASE_DIR) / "manage.py"


class ChildProcess:
    """``manage.py`` with some words, in a process group of its own; it ends when the server does."""

    def __init__(self, *words: str, keep: tuple[int, ...] = (), niceness: int = 0) -> None:
        """``keep`` lists descriptors that the child inherits."""
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(MANAGE), *words],
            stdin=subprocess.PIPE,
            pass_fds=keep,
            start_new_session=True,
        )
        if niceness:
            os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    def poll(self) -> int | None:
        """Its exit status, the negated number of the signal that ended it, or None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """Ends it and everything it has started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> int:
        """Its exit status, once it has ended."""
        status = self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        return status
