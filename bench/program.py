"""The program under test: a library of its own for each run, and a server upon one."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.clock import Run, run

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv/bin/python"
RESERVE = "reserve"


@dataclass(frozen=True, slots=True)
class Program:
    """Runs ``manage.py`` on libraries below ``work``."""

    work: Path
    python: Path

    def environment(self, library: Path) -> dict[str, str]:
        """That of a process which uses ``library``; its limits do not stand in the way of the bench."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("IMAGEBROWSER_")}
        kept.pop("DATABASE_URL", None)
        return kept | {"IMAGEBROWSER_DATA": str(library)}

    def manage(self, library: Path, *words: str | Path) -> Run:
        """Run one command to its end."""
        return run([self.python, ROOT / "manage.py", *words], self.environment(library))

    def empty_library(self, name: str) -> Path:
        """A new library without images: what the first start of the server leaves."""
        template, library = self.work / "empty", self.work / name
        if not template.exists():
            self.manage(template, "migrate", "--verbosity=0", "--skip-checks")
        shutil.rmtree(library, ignore_errors=True)
        shutil.copytree(template, library)
        return library

    def load_into_empty(self, archive: Path) -> Run:
        """``load`` into a library that is made before the clock starts."""
        return self.manage(self.empty_library("one"), "load", archive)

    @contextmanager
    def server(self, library: Path) -> Iterator[http.client.HTTPConnection]:
        """A connection to a server upon ``library``."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words: list[str | Path] = [self.python, ROOT / "manage.py", "serve", "--port", str(port)]
        log = (self.work / "server.log").open("wb")
        process = subprocess.Popen(words, env=self.environment(library), stdout=log, stderr=log)
        try:
            yield connected(port)
        finally:
            process.terminate()
            process.wait(30)
            log.close()


def connected(port: int) -> http.client.HTTPConnection:
    """A connection that has been answered once. Raises SystemExit after half a minute."""
    for _ in range(300):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return connection
    raise SystemExit("the server does not answer")


def size_of(directory: Path) -> int:
    """Bytes of all files below a directory, but for a reserve: one image does not make it larger."""
    files = (path for path in directory.rglob("*") if path.is_file() and path.name != RESERVE)
    return sum(path.stat().st_size for path in files)


def own_python() -> Path:
    """The Python that has the program's packages: ``.venv``'s, else the one that runs this."""
    return VENV if VENV.exists() else Path(sys.executable)
