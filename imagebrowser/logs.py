"""What is written to the log: a line a record, for people or for programs, with the request it is of."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Names the request that is being answered; empty outside of one."""

FIELDS = ("method", "path", "status", "milliseconds")
"""What the record of a request has beside its message."""


class LineFormatter(logging.Formatter):
    """``2026-01-02 03:04:05,678 INFO layers [3f1c…]: message``; a message never spans lines."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}{request}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        record.request = f" [{request_id.get()}]" if request_id.get() else ""
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = printable(record.message)
        return super().formatMessage(record)


class JSONFormatter(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``logger``, ``message``, ``request_id``, ``error``."""

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get() or None,
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
            "error": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps({name: value for name, value in document.items() if value is not None}, default=str)


def printable(text: str) -> str:
    """``text`` on one line, with nothing that a terminal would obey.

    >>> printable("a\\nb\\x1b[1m")
    'a\\\\nb\\\\x1b[1m'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
