"""Files of an image are handed out as bytes, and never as a page of ours."""

import struct

import pytest

from layers.views.pictures import Picture, recognise
from layers.views.raw import file_name

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 3, 2) + b"\x08\x06\0\0\0"


def test_file_is_an_attachment_in_a_sandbox(client, url):
    response = client.get(url + "raw/?path=etc/passwd")

    assert b"".join(response.streaming_content).startswith(b"root:x:0:0")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == 'attachment; filename="passwd"'
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_markup_is_no_picture(client, url):
    response = client.get(url + "raw/?path=usr/share/nginx/html/index.html&as=image")

    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_service_worker_gets_nothing(client, url):
    assert client.get(url + "raw/?path=etc/passwd", headers={"Service-Worker": "script"}).status_code == 403


def test_head_has_the_size_and_no_bytes(client, url):
    response = client.head(url + "raw/?path=etc/passwd")

    assert response.headers["Content-Length"] == "76"
    assert response.content == b""


@pytest.mark.parametrize(
    ("path", "name"),
    [(b"a/b.txt", "b.txt"), (b'x"\r\nSet-Cookie: a', "xSet-Cookie: a"), (b"\xff", "�"), (b"\x01", "file")],
)
def test_file_name_is_fit_for_a_header(path, name):
    assert file_name(path) == name


@pytest.mark.parametrize(
    ("head", "picture"),
    [
        (PNG, Picture("image/png", 3, 2)),
        (b"GIF89a" + struct.pack("<HH", 5, 4) + b"\0\0\0", Picture("image/gif", 5, 4)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x07\0\x09", Picture("image/jpeg", 9, 7)),
        (b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x01\0\0\x02\0\0", Picture("image/webp", 2, 3)),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (PNG[:16] + struct.pack(">II", 100_000, 100_000), None),
        (PNG[:16] + struct.pack(">II", 0, 2), None),
    ],
)
def test_picture_is_known_by_its_first_bytes(head, picture):
    assert recognise(head, len(head)) == picture


def test_large_picture_is_not_shown():
    assert recognise(PNG, 10 * 2**20 + 1) is None
