"""The real server in a process of its own, spoken to over HTTP."""

import http.client
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.conftest import ROOT, program_environment

PATIENCE_SECONDS = 120
TOKEN = "t" * 32
ADDRESS = re.compile(rb"http://\S+/")


class Server:
    """``manage.py serve`` on a library of its own; ``env`` adds to its environment."""

    def __init__(self, data: Path, *words: str, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.log = data / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "serve", "--port", "0", *words],
                env=program_environment(data) | {"PYTHONUNBUFFERED": "1"} | (env or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = await_value(self._find_url)
        self.host = urlsplit(self.url.decode()).netloc

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of the answer to a request of the server's own page."""
        own = {"Origin": f"http://{self.host}", "Cookie": f"csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
        connection = http.client.HTTPConnection(self.host, timeout=PATIENCE_SECONDS)
        connection.request(method, path, body, own | (headers or {}))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def upload(self, archive: bytes, name: str = "a.tar") -> tuple[int, bytes]:
        headers = {"Content-Type": "application/octet-stream"}
        return self.request("PUT", f"/upload/?filename={name}", archive, headers)

    def jobs(self, columns: str = "state, error") -> list[tuple]:
        with sqlite3.connect(self.data / "db.sqlite3", timeout=30) as library:
            return library.execute(f"SELECT {columns} FROM layers_job ORDER BY created_at").fetchall()

    def await_states(self, *states: str) -> None:
        await_value(lambda: [state for (state,) in self.jobs("state")] == list(states))

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        return self.process.wait(PATIENCE_SECONDS)

    def _find_url(self) -> bytes | None:
        assert self.process.poll() is None, self.log.read_text()
        found = ADDRESS.search(self.log.read_bytes())
        return found and found[0]


def await_value(found):
    """The first value that counts as true; fails when that takes minutes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)
    return value
