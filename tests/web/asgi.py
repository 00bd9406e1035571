"""Speaks to the ASGI application as a server would, message by message."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.asgi import get_asgi_application

from imagebrowser.bodies import BodyApplication

TOKEN = "t" * 32
"""The token against forged requests, as the page and the cookie carry it."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def send(
    path: str,
    chunks: Sequence[bytes],
    *,
    method: str = "PUT",
    query: str = "",
    headers: dict[str, str | None] | None = None,
    whole: bool | None = True,
    pause: float = 0,
) -> Answer:
    """The answer to a request of this server's own page.

    ``whole=False`` goes away before the end, ``None`` falls silent; ``pause`` is
    how long each chunk takes, in seconds.
    """
    merged: dict[str, str | None] = {
        "host": "localhost",
        "origin": "http://localhost",
        "sec-fetch-site": "same-origin",
        "cookie": f"csrftoken={TOKEN}",
        "x-csrftoken": TOKEN,
        "content-type": "application/octet-stream",
        "content-length": str(sum(map(len, chunks))),
    }
    merged |= headers or {}
    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in merged.items() if value is not None],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    return asyncio.run(_converse(scope, chunks, whole, pause))


async def _converse(scope: dict, chunks: Sequence[bytes], whole: bool | None, pause: float) -> Answer:
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if whole:
        messages.append({"type": "http.request", "body": b"", "more_body": False})
    elif whole is False:
        messages.append({"type": "http.disconnect"})
    waiting = iter(messages)
    sent: list[dict] = []

    async def receive() -> dict:
        for message in waiting:
            await asyncio.sleep(pause)
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def record(message: dict) -> None:
        sent.append(message)

    await BodyApplication(get_asgi_application())(scope, receive, record)
    start, *parts = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(part.get("body", b"") for part in parts))
