"""Request bodies under ASGI: large ones reach their view as a stream, others stay small.

Django's own ASGI handler stores every body in a temporary file before it looks
at the request. An upload would lie on the disk twice, and a body that nobody
wants would lie there as well.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from imagebrowser.headers import ALWAYS, HEADERS
from layers.oci.limits import MIB

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

STREAMED = (
    "layers:upload",
    "layers:upload-part",
    "layers:import-create",
    "layers:container-upload",
    "layers:container-unpack",
    "layers:container-replace",
)
"""Views whose request body is an archive, or files for a container."""
UPLOADS_AT_ONCE = 256
"""Threads that mostly wait for bodies; ``TurnsMiddleware`` bounds what one person has of them."""
FORM_OVERHEAD_SIZE = MIB
"""What a form may add to the archive in it: boundaries, headers, the token."""
DRAIN_SECONDS = 2
"""How long the rest of a refused body is still read, so that its sender gets to read why."""


class BodyStream:
    """A request body as a file, read in a thread while the event loop receives it."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive, self._loop = receive, loop
        self._held = b""
        self._failure: OSError | None = None
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, fewer only at the end; OSError when the sender has gone.

        What came before it went is read first.
        """
        if self._failure is not None and not self._held:
            raise self._failure
        if self._failure is None and not self.ended and (size < 0 or len(self._held) < size):
            wanted = size - len(self._held) if size >= 0 else None
            more = asyncio.run_coroutine_threadsafe(self._gather(wanted), self._loop)
            self._held += more.result()
        if size < 0:
            size = len(self._held)
        data, self._held = self._held[:size], self._held[size:]
        return data

    def readline(self, size: int = -1) -> bytes:
        """A piece of the body: who reads it line by line only wants to be rid of it."""
        return self.read(size if size >= 0 else MIB)

    async def drain(self) -> None:
        """Receives and forgets what is left."""
        while not self.ended:
            await self._next()

    async def _gather(self, wanted: int | None) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not self.ended and (wanted is None or size < wanted):
            try:
                async with asyncio.timeout(settings.UPLOAD_IDLE_SECONDS):
                    parts.append(await self._next())
            except (ConnectionAbortedError, TimeoutError) as error:
                if not any(parts):
                    raise
                self._failure = error
                break
            size += len(parts[-1])
        return b"".join(parts)

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.ended = True
            raise ConnectionAbortedError
        self.ended = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body


class SmallBody:
    """What receives a body that Django reads whole; one that stalls ends, as if its sender had gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = self.is_stalled = False

    async def __call__(self) -> MutableMapping[str, Any]:
        if self._ended:
            return await self._receive()  # It is asked on, until the sender goes.
        try:
            async with asyncio.timeout(settings.UPLOAD_IDLE_SECONDS):
                message = await self._receive()
        except TimeoutError:
            self._ended = self.is_stalled = True
            return {"type": "http.disconnect"}
        self._ended = not message.get("more_body", False)
        return message


class BodyApplication:
    """Hands requests that carry an archive to Django with the body as a stream, others to ``application``."""

    def __init__(self, application: ASGIHandler) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(UPLOADS_AT_ONCE, thread_name_prefix="upload")

    @cached_property
    def _handler(self) -> BaseHandler:
        handler = BaseHandler()
        handler.load_middleware()
        return handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        streamed = scope["method"] in ("POST", "PUT", "PATCH") and view_name(scope["path"]) in STREAMED
        refusal = refuse_body(scope, streamed)
        if refusal is not None:
            await _respond(refusal, send, BodyStream(receive, asyncio.get_running_loop()))
        elif streamed:
            await self._stream(scope, receive, send)
        else:
            await self._small(scope, receive, send)

    async def _small(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = SmallBody(receive)
        await self._application(scope, body, send)
        if body.is_stalled:
            sentence = f"Nothing came for {settings.UPLOAD_IDLE_SECONDS} seconds: send it again."
            await _respond(_refusal(HTTPStatus.REQUEST_TIMEOUT, sentence), send, None)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        body = BodyStream(receive, loop)
        response = await loop.run_in_executor(self._threads, self._answer, scope, body)
        await _respond(response, send, body)

    def _answer(self, scope: Scope, body: BodyStream) -> HttpResponseBase:
        request_started.send(sender=type(self), scope=scope)
        try:
            request = ASGIRequest(scope, body)
        except UnicodeDecodeError:
            return _refusal(HTTPStatus.BAD_REQUEST, "The request is none: its path is not UTF-8.")
        request.is_streamed = True  # type: ignore[attr-defined]
        response = self._handler.get_response(request)
        response.close()
        return response


def view_name(path: str) -> str:
    """The name of the view at ``path``; empty where there is none."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def refuse_body(scope: Scope, streamed: bool) -> HttpResponse | None:
    """The answer to a request whose body is, by its headers, not to be read."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers and b"content-length" not in headers:
        return _refusal(HTTPStatus.LENGTH_REQUIRED, "A request must say its Content-Length.")
    length = headers.get(b"content-length", b"0")
    allowed = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if streamed:
        allowed = settings.LIMITS.upload_size + FORM_OVERHEAD_SIZE
    if not length.isdigit() or int(length) > allowed:
        found = length.decode("ascii", "replace")
        return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"limit upload_size = {allowed}, found {found}")
    return None


def _refusal(status: HTTPStatus, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain", headers=HEADERS | ALWAYS)


async def _respond(response: HttpResponse, send: Send, body: BodyStream | None) -> None:
    headers = [(name.encode("latin1"), value.encode("latin1")) for name, value in response.items()]
    headers += [(b"Set-Cookie", morsel.OutputString().encode()) for morsel in response.cookies.values()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.getvalue(), "more_body": True})
    if body is not None and not body.ended:
        await _drain(body)
    await send({"type": "http.response.body", "body": b""})


async def _drain(body: BodyStream) -> None:
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await body.drain()
    except (TimeoutError, ConnectionAbortedError):
        pass
