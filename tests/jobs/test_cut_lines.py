"""Browsers that die in the middle of an upload: a real server keeps what came, and goes on from there."""

import json
import random
import shutil
import socket
import struct
import time
from collections.abc import Iterator
from hashlib import sha256

import pytest

from tests.jobs.server import TOKEN, Server, await_value
from tests.layered import layered_archive

CUTS = 20
NOISE = random.Random(3).randbytes(3 * 2**20)
DIES = struct.pack("ii", 1, 0)
"""``SO_LINGER`` with no time: the line is reset, as when the machine at its end is gone."""

pytestmark = pytest.mark.slow


@pytest.fixture
def server(data_dir, migrated_database) -> Iterator[Server]:
    shutil.copy(migrated_database, data_dir / "db.sqlite3")
    server = Server(data_dir)
    yield server
    server.stop()


def opened(server: Server, data: bytes, name: str = "a.tar") -> dict:
    fingerprint = sha256(data).hexdigest()
    address = f"/uploads/?filename={name}&size={len(data)}&fingerprint={fingerprint}"
    status, body = server.request("POST", address)
    assert status in (200, 201), body
    return json.loads(body)


def cut(server: Server, url: str, offset: int, data: bytes, announced: int) -> None:
    """Send some of what was announced, and die."""
    host, _, port = server.host.partition(":")
    head = (
        f"PATCH {url} HTTP/1.1\r\nHost: {server.host}\r\nOrigin: http://{server.host}\r\n"
        f"Cookie: csrftoken={TOKEN}\r\nX-CSRFToken: {TOKEN}\r\nUpload-Offset: {offset}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {announced}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(head.encode() + data)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DIES)


def left(server: Server, url: str) -> int:
    """Where the server is, once it has noticed; until then the upload is another's."""
    status, body = server.request("GET", url)
    assert status == 200
    return json.loads(body)["offset"]


def test_an_upload_whose_sender_dies_again_and_again_is_whole_in_the_end(server):
    data = layered_archive({"noise": NOISE}, name="cut:1")
    draw, url = random.Random(14), opened(server, data)["url"]
    for _ in range(CUTS):
        offset = left(server, url)
        sent = draw.randrange(1, len(data) // CUTS)
        cut(server, url, offset, data[offset : offset + sent], len(data) - offset)
        assert offset <= left(server, url) <= offset + sent

    def finished() -> bool:
        offset = left(server, url)
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
        status, body = server.request("PATCH", url, data[offset:], headers)
        # 423, or 409 with the offset that is right: the one that died was still being read.
        assert status in (200, 409, 423), body
        return status == 200

    await_value(finished)
    server.await_states("done")
    assert server.jobs("error") == [("",)]
    assert "Traceback" not in server.log.read_text()


def test_a_part_from_a_wrong_place_is_refused_with_the_right_one(server):
    url = opened(server, NOISE)["url"]
    headers = {"Upload-Offset": "5", "Content-Type": "application/octet-stream"}

    status, body = server.request("PATCH", url, b"x", headers)

    assert (status, json.loads(body)["offset"]) == (409, 0)


def test_a_cancelled_upload_gives_its_room_back(server):
    url = opened(server, NOISE)["url"]
    headers = {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    assert server.request("PATCH", url, NOISE[:-1], headers)[0] == 200
    uploads = server.data / "tmp" / "uploads"
    assert sum(path.stat().st_size for path in uploads.iterdir()) == len(NOISE) - 1

    begun = time.monotonic()
    assert server.request("DELETE", url)[0] == 200

    assert list(uploads.iterdir()) == []
    print(f"cancelled in {time.monotonic() - begun:.2f} s")  # shown with -s
