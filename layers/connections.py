"""Connections that say nothing, or say it for ever: each has its time, and then ends."""

import asyncio
import resource
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_DESCRIPTORS: Final = 16_384
HEAD_SECONDS: Final = 30
"""How long a connection may take for the head of a request, from its first byte or from being opened."""


class ImpatientProtocol(H11Protocol):
    """uvicorn's, which would wait for a head for ever: strangers could hold every descriptor so."""

    _ending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Not begun anew by each byte: one that comes now and then is no head either.
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._ending is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._ending = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None


def allow_connections() -> None:
    """More descriptors than the usual 1,024, where this process may have them: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
