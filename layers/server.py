"""The web server: uvicorn with the application, and the runner of imports beside it."""

import gc
import ipaddress
import signal
import socket
import threading
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver
from uvicorn import Config, Server

from layers.connections import ImpatientProtocol, allow_connections
from layers.jobs.runner import Runner

SHUTDOWN_SECONDS = 3
"""How long a request may still run once the server is to stop."""
KEEP_ALIVE_SECONDS = 30
HEADER_SIZE = 64 * 1024
"""Bytes of a request line with its headers: a path of 4,096 bytes is three times as long when encoded."""


class AnnouncedServer(Server):
    """A server that says where it is once it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"imagebrowser is at {self._url()} - press Ctrl+C to stop it", flush=True)

    def _url(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def serve(host: str, port: int) -> None:
    """Serves until a signal ends it; port 0 takes any that is free."""
    config = Config(
        ":".join(settings.ASGI_APPLICATION.rsplit(".", 1)),
        host=host,
        port=port,
        http=ImpatientProtocol,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.HTTPS,
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=HEADER_SIZE,
    )
    allow_connections()
    runner = Runner()
    runner.start()
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    # uvicorn raises the signal that ended it once more: without a handler the runner could not clear up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        AnnouncedServer(config).run()
    except KeyboardInterrupt:
        pass
    finally:
        runner.stop()


def warm_up() -> None:
    """Read what pages need before the first of them is asked for: the addresses, and every template.

    They live as long as the server does: a hundred thousand objects, which the garbage collector is
    told to pass over. It would visit them in the midst of somebody's page, every so often.
    """
    get_resolver().url_patterns  # noqa: B018 - they are read when they are first asked for
    for folder in map(Path, settings.TEMPLATES[0]["DIRS"]):
        for path in folder.rglob("*.html"):
            get_template(str(path.relative_to(folder)))
    gc.collect()
    gc.freeze()


def is_loopback(host: str) -> bool:
    """Whether every address of ``host`` is of this machine alone."""
    addresses = socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(address[4][0]).is_loopback for address in addresses)
