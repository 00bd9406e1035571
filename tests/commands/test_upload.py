"""``upload``: over lines that are slow and break, to a real server."""

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers.management.sending import Sender, SendingRefused
from tests.conftest import ROOT, run_program
from tests.jobs.server import Server

ARCHIVE = ROOT / "tests" / "golden" / "01-webserver" / "image.tar"


class BreakingLine(threading.Thread):
    """A TCP proxy that resets each of the first ``cuts`` connections with a body, after some bytes of it."""

    def __init__(self, target: str, cuts: int, bytes_each: int) -> None:
        super().__init__(daemon=True)
        host, port = target.split(":")
        self._target = host, int(port)
        self._cuts, self._bytes_each = cuts, bytes_each
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=[near], daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far:
            threading.Thread(target=self._back, args=[far, near], daemon=True).start()
            passed = 0
            while data := near.recv(4096):
                far.sendall(data)
                passed += len(data)
                if self._cuts and passed > self._bytes_each:
                    self._cuts -= 1
                    break
            far.shutdown(socket.SHUT_RDWR)  # The other direction still reads: closing alone would not end it.

    @staticmethod
    def _back(far: socket.socket, near: socket.socket) -> None:
        try:
            while data := far.recv(65536):
                near.sendall(data)
            near.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.fixture
def server(data_dir, migrated_database) -> Iterator[Server]:
    shutil.copy(migrated_database, data_dir / "db.sqlite3")
    server = Server(data_dir, env={"IMAGEBROWSER_ALLOWED_HOSTS": "*"})
    yield server
    server.stop()


def sender(address: str, **options) -> Sender:
    return Sender(f"http://{address}", report=lambda done, total: None, wait=lambda s, why: None, **options)


def test_an_archive_becomes_an_image(server):
    done = run_program("upload", str(ARCHIVE), "--server", f"http://{server.host}", data=server.data)
    server.await_states("done")

    assert done.stdout.startswith(f"http://{server.host}/imports/".encode()), done.stderr


@pytest.mark.slow
def test_a_line_that_is_cut_twenty_times_delivers_every_byte_once(server, monkeypatch):
    monkeypatch.setattr("layers.management.sending.time.sleep", lambda seconds: None)
    line = BreakingLine(server.host, cuts=20, bytes_each=ARCHIVE.stat().st_size // 25)
    line.start()

    sent = sender(line.address).send(ARCHIVE)
    server.await_states("done")
    line.stop()

    assert sent.connections >= 20


def test_a_second_try_goes_on_where_the_first_one_ended(server):
    class Enough(Exception):
        pass

    def interrupt(done, total):
        raise Enough

    first = sender(server.host, part_size=100_000)
    first._report = interrupt
    with pytest.raises(Enough):
        first.send(ARCHIVE)

    again = sender(server.host, part_size=100_000)
    again.send(ARCHIVE)

    assert again.connections == -(-ARCHIVE.stat().st_size // 100_000) - 1


def test_what_the_server_refuses_is_said_once(server):
    refused = sender(server.host)

    with pytest.raises(SendingRefused, match="limit upload_size"):
        refused._ask("POST", f"/uploads/?filename=a&fingerprint=f&size={10**17}")


@pytest.mark.parametrize("address", ["ftp://a", "nonsense", ""])
def test_an_address_that_is_none_is_named(address):
    with pytest.raises(SendingRefused, match="no address"):
        Sender(address, report=print, wait=print)


def test_a_file_that_is_not_there_is_named(server, tmp_path: Path):
    done = run_program(
        "upload", str(tmp_path / "a.tar"), "--server", f"http://{server.host}", data=server.data
    )

    assert done.returncode == 1
    assert b"a.tar: No such file" in done.stderr
