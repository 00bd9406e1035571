"""The server as a person starts it: uploads become images, and nothing outlives it that should not."""

import gc
import json
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.template import engines

from layers.oci.limits import MIB
from layers.server import is_loopback, warm_up
from tests.concurrency.overlapping import archive
from tests.conftest import ROOT
from tests.jobs.server import TOKEN, Server, await_value

ARCHIVE = (ROOT / "tests/golden/10-formats/docker28.tar").read_bytes()
LARGE = ARCHIVE + bytes(4 * MIB)
"""The same, with zeros behind its end: more than is taken from a connection at once."""


@pytest.fixture
def serve(data_dir, migrated_database) -> Iterator[Callable[..., Server]]:
    """Starts a server on the test's library; what is still running ends with the test."""
    shutil.copy(migrated_database, data_dir / "db.sqlite3")
    started: list[Server] = []

    def start(*words: str, **env: str) -> Server:
        started.append(Server(data_dir, *words, env=env))
        return started[-1]

    yield start
    for server in started:
        server.stop(signal.SIGKILL)


def test_every_template_is_compiled_before_it_is_asked_for():
    cached = engines["django"].engine.template_loaders[0].get_template_cache
    try:
        warm_up()
        assert gc.get_freeze_count() > len(cached) > 100
    finally:
        gc.unfreeze()

    assert all(not isinstance(template, type) for template in cached.values())


def uploads(server: Server) -> list[str]:
    return os.listdir(server.data / "tmp" / "uploads")


def test_an_uploaded_archive_becomes_an_image(serve):
    server = serve()

    status, body = server.upload(ARCHIVE)
    server.await_states("done")

    assert status == 201
    assert server.request("GET", json.loads(body)["url"])[0] == 200
    ((image_ids, error, attempts),) = server.jobs("image_ids, error, attempts")
    assert json.loads(image_ids)[0].startswith("sha256:")
    assert (error, attempts) == ("", 1)
    await_value(lambda: not uploads(server))


def test_a_file_that_is_no_image_fails_with_a_sentence(serve):
    server = serve()

    server.upload(b"\x89PNG\r\n" * 1000, "picture.png")
    server.await_states("failed")

    ((error,),) = server.jobs("error")
    assert error
    assert "Traceback" not in error
    await_value(lambda: not uploads(server))


def test_several_uploads_are_all_imported(serve):
    server = serve(IMAGEBROWSER_JOBS_AT_ONCE="2")

    for _ in range(3):
        assert server.upload(ARCHIVE)[0] == 201

    server.await_states("done", "done", "done")
    assert server.jobs("error") == [("",)] * 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_cleanly(serve, number):
    server = serve()

    assert server.stop(number) == 0
    assert "Traceback" not in server.log.read_text()


def test_an_import_goes_on_when_its_server_was_killed_and_started_again(serve):
    first = serve(IMAGEBROWSER_JOBS_AT_ONCE="0")
    first.upload(ARCHIVE)
    first.stop(signal.SIGKILL)

    second = serve()

    second.await_states("done")
    assert second.jobs("error, attempts") == [("", 1)]


def test_an_import_in_flight_waits_when_the_server_is_told_to_stop_and_is_done_after(serve):
    first = serve()
    first.upload(archive(1, files=4000))  # large enough to be met while it runs
    first.await_states("running")

    assert first.stop(signal.SIGTERM) == 0
    assert first.jobs("state, attempts") == [("queued", 0)]
    assert len(uploads(first)) == 1

    second = serve()
    second.await_states("done")
    assert second.jobs("error, attempts") == [("", 1)]
    await_value(lambda: not uploads(second))


def test_an_import_that_may_take_no_time_is_ended(serve):
    server = serve(IMAGEBROWSER_JOB_WALL_SECONDS="0")

    server.upload(ARCHIVE)
    server.await_states("failed")

    assert server.jobs("error") == [("The import took longer than the 0 seconds it may.",)]


def test_an_import_that_is_killed_says_so(serve):
    server = serve(IMAGEBROWSER_JOB_CPU_SECONDS="0")

    server.upload(ARCHIVE)
    server.await_states("failed")

    ((error,),) = server.jobs("error")
    assert "processor time" in error or "killed" in error


def test_a_cancelled_import_that_waits_ends(serve):
    server = serve(IMAGEBROWSER_JOBS_AT_ONCE="0")
    number = json.loads(server.upload(ARCHIVE)[1])["id"]

    assert server.request("POST", f"/imports/{number}/cancel/")[0] == 302
    server.await_states("cancelled")

    assert uploads(server) == []


def test_a_large_upload_takes_no_memory_to_speak_of(serve):
    server = serve(IMAGEBROWSER_JOBS_AT_ONCE="0")
    before = peak_memory_size(server)

    assert server.upload(bytes(200 * 2**20))[0] == 201

    assert peak_memory_size(server) - before < 30 * 2**20


def test_a_second_server_leaves_the_jobs_of_the_first_alone(serve):
    first, second = serve(), serve()

    for server in (first, second, first, second):
        assert server.upload(ARCHIVE)[0] == 201
    first.await_states("done", "done", "done", "done")

    assert {attempts for (attempts,) in first.jobs("attempts")} == {1}


def test_beyond_this_machine_only_when_told(program):
    refused = program("serve", "--host", "0.0.0.0", "--port", "0")

    assert refused.returncode == 1
    assert b"IMAGEBROWSER_ACCOUNTS=1" in refused.stderr
    assert b"Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_which_addresses_are_of_this_machine_alone(host, loopback):
    assert is_loopback(host) is loopback


def test_a_port_that_is_taken_is_named(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = program("serve", "--port", str(port))

    assert refused.returncode != 0
    assert str(port).encode() in refused.stderr
    assert b"Traceback" not in refused.stderr


def peak_memory_size(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_an_upload_in_flight_ends_with_the_server_and_goes_on_with_the_next(serve):
    """A part that is half here, a body in one go, a form, and connections that say nothing: none holds it."""
    server = serve()
    headers = {"Content-Type": "application/octet-stream"}
    opened = f"/uploads/?filename=a.tar&size={len(LARGE)}&fingerprint=f"
    part = json.loads(server.request("POST", opened, b"", headers)[1])["url"]
    half = len(LARGE) // 2
    lines = [
        begun(server, "PATCH", part, len(LARGE), LARGE[:half]),
        begun(server, "PUT", "/upload/?filename=b.tar", len(LARGE), LARGE[:half]),
        begun(server, "POST", "/containers/create/", 1000, b"name="),
        *(socket.create_connection(server.host.split(":")) for _ in range(5)),
    ]
    folder = server.data / "tmp" / "uploads"
    await_value(lambda: [file.stat().st_size > 0 for file in folder.iterdir()] == [True, True])

    assert server.stop() == 0
    for line in lines:
        line.close()
    again = serve()
    told = json.loads(again.request("GET", part)[1])
    here = told["offset"]
    assert 0 < here <= half
    rest = headers | {"Upload-Offset": str(here)}
    assert again.request("PATCH", part, LARGE[here:], rest)[0] == 200
    await_value(lambda: ("done",) in again.jobs("state"))
    assert sorted(again.jobs("filename, state")) == [("a.tar", "done"), ("b.tar", "failed")]
    await_value(lambda: not uploads(again))


def begun(server: Server, method: str, path: str, length: int, body: bytes) -> socket.socket:
    """A request whose body is as long as said, and has come as far as ``body``."""
    line = socket.create_connection(server.host.split(":"))
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {server.host}\r\nOrigin: http://{server.host}\r\n"
        f"Cookie: csrftoken={TOKEN}\r\nX-CSRFToken: {TOKEN}\r\nUpload-Offset: 0\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    )
    line.sendall(head.encode() + body)
    return line
