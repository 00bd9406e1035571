"""Sends an archive to a server in parts, for as many connections as it takes."""

import http.client
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from django.utils.translation import gettext as _

from layers.oci.limits import MIB

PART_SIZE: Final = 32 * MIB
SAMPLE_SIZE: Final = 64 * 1024
LONGEST_WAIT: Final = 30.0
SILENCE_SECONDS: Final = 120
"""How long an answer may take: the server syncs and counts, it never works on the archive meanwhile."""
LATER: Final = (423, 502, 503, 504)
"""Answers that will be others later."""


class SendingRefused(Exception):
    """The server does not take the archive. ``str(error)`` is its sentence."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An archive that is whole at the server."""

    page: str
    """Where its import is to be watched."""
    connections: int
    """How many parts it took, broken ones too."""


class Sender:
    """Speaks to one server; ``report(done, total)`` and ``wait(seconds, why)`` tell how it goes."""

    def __init__(
        self,
        server: str,
        *,
        report: Callable[[int, int], None],
        wait: Callable[[float, str], None],
        token: str = "",
        part_size: int = PART_SIZE,
    ) -> None:
        self._server: SplitResult = urlsplit(server.rstrip("/"))
        if self._server.scheme not in ("http", "https") or not self._server.netloc:
            raise SendingRefused(_("%(server)s is no address of a server.") % {"server": server})
        self._report, self._wait = report, wait
        self._part_size = part_size
        self._secret = secrets.token_hex(16)
        self._token = token
        self.connections = 0

    def send(self, path: Path) -> Sent:
        """Send the file, from where the server has it. A lost connection is tried again, for ever.

        Raises:
            SendingRefused: the server said no, and will say so again.
            OSError: the file cannot be read.
        """
        with path.open("rb") as file:
            size = file.seek(0, 2)
            query = {"filename": path.name, "size": size, "fingerprint": fingerprint(file, size)}
            state = self._persist(lambda: self._ask("POST", f"/uploads/?{urlencode(query)}"))
            while state["state"] == "receiving":
                state = self._persist(lambda at=state: self._part(file, at))  # type: ignore[misc]
                self._report(state["offset"], size)
        if state["state"] in ("failed", "cancelled"):
            raise SendingRefused(_("The upload was cancelled at the server."))
        return Sent(self._server.geturl() + state["page"], self.connections)

    def _persist(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        pause = 1.0
        while True:
            try:
                return ask()
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._wait(pause, str(error) or type(error).__name__)
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_WAIT)

    def _part(self, file: BinaryIO, state: Mapping[str, Any]) -> dict[str, Any]:
        """The next part, from where the server says that it is; what broke off is asked for first."""
        self.connections += 1
        offset = self._ask("GET", state["url"])["offset"]
        file.seek(offset)
        data = file.read(self._part_size)
        return self._ask("PATCH", state["url"], data, {"Upload-Offset": str(offset)})

    def _ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        is_https = self._server.scheme == "https"
        kind = http.client.HTTPSConnection if is_https else http.client.HTTPConnection
        connection = kind(self._server.netloc, timeout=SILENCE_SECONDS)
        try:
            connection.request(method, self._server.path + path, body, self._headers() | dict(headers or {}))
            answer = connection.getresponse()
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
        finally:
            connection.close()
        if answer.status in LATER:
            raise ConnectionError(found.get("error") or answer.reason)
        if answer.status >= 400 and "offset" not in found:
            raise SendingRefused(found.get("error") or f"{answer.status} {answer.reason}")
        return {"state": "receiving", "url": path} | found

    def _headers(self) -> dict[str, str]:
        """What a page of the server would send; or a token, which stands for its user."""
        own = {"Content-Type": "application/octet-stream", "Accept": "application/json"}
        if self._token:
            return own | {"Authorization": f"Bearer {self._token}"}
        prefix = "__Host-" if self._server.scheme == "https" else ""
        origin = f"{self._server.scheme}://{self._server.netloc}"
        cookie = f"{prefix}csrftoken={self._secret}"
        return own | {
            "Cookie": cookie,
            "X-CSRFToken": self._secret,
            "Origin": origin,
            "Referer": f"{origin}/",
        }


def fingerprint(file: BinaryIO, size: int) -> str:
    """By which the server knows the file again: its size, its beginning and its end."""
    hasher = sha256(str(size).encode())
    for start in (0, max(0, size - SAMPLE_SIZE)):
        file.seek(start)
        hasher.update(file.read(SAMPLE_SIZE))
    return hasher.hexdigest()
