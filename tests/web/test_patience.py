"""Slow and silent senders, and pages without end: each gives up what it holds, and others are answered."""

import asyncio
import json
import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path
from uvicorn import Config
from uvicorn.server import ServerState

from imagebrowser.headers import POLICY
from imagebrowser.turns import TurnsMiddleware
from imagebrowser.urls import urlpatterns as own_urls
from layers import connections
from layers.models import User
from layers.models.acting import Acting, acts
from tests.jobs.server import Server
from tests.web.asgi import send

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def endless(request):
    """One statement that never ends."""
    with connection.cursor() as cursor:
        cursor.execute(ENDLESS)
    return HttpResponse()


def patient(request):
    """Statements that are short, but come for ever."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


urlpatterns = [*own_urls, path("endless/", endless), path("patient/", patient)]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize("url", ["/endless/", "/patient/"])
def test_a_page_without_end_is_given_up_and_says_so(client, settings, url):
    if connection.vendor != "sqlite" and url == "/endless/":
        pytest.skip("only SQLite looks at the clock during a statement")
    settings.PAGE_SECONDS = 1

    answer = client.get(url)

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "limit page_seconds = 1, found more" in answer.content.decode()
    assert client.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_form_that_stalls_is_told_and_ended(settings):
    settings.UPLOAD_IDLE_SECONDS = 0.2

    answer = send(
        "/containers/create/", [b"name="], method="POST", whole=None, headers={"content-length": "99"}
    )

    assert answer.status == HTTPStatus.REQUEST_TIMEOUT
    assert answer.headers["Content-Security-Policy"] == POLICY


def test_what_is_refused_before_it_is_read_has_all_headers():
    answer = send("/containers/create/", [], method="POST", headers={"content-length": "9" * 12})

    assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert {
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "X-Frame-Options",
        "Permissions-Policy",
        "Cache-Control",
    } <= answer.headers.keys()


def test_one_person_holds_few_threads(settings):
    settings.SENDING_AT_ONCE = 2
    held, free = threading.Semaphore(0), threading.Event()

    def hold(request):
        held.release()
        free.wait(30)
        return HttpResponse("taken")

    turns = TurnsMiddleware(hold)

    def ask(key: int) -> HttpResponse:
        request = RequestFactory().put("/upload/")
        request.is_streamed = True
        with acts(Acting(User(pk=key))):
            return turns(request)

    threads = [threading.Thread(target=ask, args=(1,)) for _ in range(2)]
    for thread in threads:
        thread.start()
        held.acquire(timeout=30)
    refused = ask(1)
    free.set()

    assert refused.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert json.loads(refused.content)["error"] == "limit sending_at_once = 2, found 2"
    assert ask(2).content == b"taken"
    for thread in threads:
        thread.join()
    assert ask(1).content == b"taken"


@pytest.fixture
def server(tmp_path, program):
    running = Server(tmp_path / "data", env={"IMAGEBROWSER_UPLOAD_IDLE_SECONDS": "20"})
    yield running
    assert running.stop() == 0


def opened(server: Server, start: bytes = b"") -> socket.socket:
    host, port = server.host.split(":")
    line = socket.create_connection((host, int(port)), timeout=60)
    line.sendall(start)
    return line


def test_idle_connections_and_slow_senders_keep_nobody_waiting(server):
    """200 connections that say nothing, 200 half heads, 60 uploads and 60 forms that never come."""
    length = b"Host: localhost\r\nContent-Length: 100000\r\n\r\nsome"
    held = [opened(server) for _ in range(200)]
    held += [opened(server, b"GET / HTTP/1.1\r\nHost: loc") for _ in range(200)]
    held += [opened(server, b"PUT /upload/?filename=a HTTP/1.1\r\n" + length) for _ in range(60)]
    held += [opened(server, b"POST /containers/create/ HTTP/1.1\r\n" + length) for _ in range(60)]

    begun = time.process_time()
    assert server.request("GET", "/")[0] == 200
    assert server.upload(b"no archive")[0] == 201
    assert server.request("GET", "/healthz")[1] == b"ok\n"
    assert time.process_time() - begun < 5
    for each in held:
        each.close()
    assert server.request("GET", "/")[0] == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + b"9" * 6000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\na",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /?" + b"%00" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%ff%fe/\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"a=b;" * 12_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=\xff\xfe; csrftoken=\x80\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Language: " + b"a-b," * 10_000 + b"\r\n\r\n",
        b"GET /static/css/base.css HTTP/1.1\r\nHost: localhost\r\nRange: bytes="
        + b"0-,1-," * 3000
        + b"\r\n\r\n",
        b"GET /static/css/base.css HTTP/1.1\r\nHost: localhost\r\nRange: bytes=99999999999999999999-\r\n\r\n",
        b"GET /static/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /static/%2e%2e/%2e%2e/manage.py HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 1000,
    ],
)
def test_what_is_hardly_http_is_answered_or_dropped(hard_server, request_):
    answer = b""
    with opened(hard_server) as line, suppress(ConnectionError):
        line.settimeout(30)
        line.sendall(request_)  # the server may hang up before it has read all
        with suppress(OSError):
            line.shutdown(socket.SHUT_WR)
        while piece := line.recv(65536):
            answer += piece
    status = answer.split(b" ")[1] if answer.startswith(b"HTTP/1.1 ") else b"000"

    assert status < b"500", answer[:300]
    assert b"root:" not in answer
    assert b"DJANGO_SETTINGS" not in answer
    assert hard_server.request("GET", "/healthz")[1] == b"ok\n"


@pytest.fixture(scope="module")
def hard_server(tmp_path_factory):
    data = tmp_path_factory.mktemp("hard")
    data.chmod(0o700)
    running = Server(data)
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


ASKED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "answers"), [(b"", 0), (b"GET / HTTP/1.1\r\nHost: loc", 0), (ASKED + b"GE", 1)]
)
def test_a_connection_without_a_whole_head_ends(start, answers, monkeypatch):
    """In its time, although another byte of a head comes now and then; what was asked whole is answered."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)

    came = asyncio.run(asyncio.wait_for(until_the_end(start), 30))

    assert came.count(b"HTTP/1.1 200 OK") == answers


async def until_the_end(start: bytes) -> bytes:
    """What a server says, until it hangs up, to one who begins so and then sends a byte at a time."""
    config = Config(application, http=connections.ImpatientProtocol, lifespan="off", log_config=None)
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    made = await loop.create_server(lambda: connections.ImpatientProtocol(config, state, {}), "127.0.0.1", 0)
    async with made:
        reader, writer = await asyncio.open_connection(*made.sockets[0].getsockname())
        writer.write(start)
        ended = asyncio.ensure_future(reader.read())
        while not ended.done():
            writer.write(b"x" if start else b"")
            await asyncio.sleep(0.05)
        writer.close()
        return ended.result()


async def application(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
