"""The key that signs cookies: made once for a data directory, never built in."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 48


def secret_key(path: Path) -> str:
    """The key kept in ``path``; made, readable by its owner alone, when there is none.

    Two processes that start at once agree on one key: whoever links first wins.
    """
    try:
        return path.read_text()
    except FileNotFoundError:
        _make(path)
    return path.read_text()


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(KEY_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
