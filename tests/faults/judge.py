"""Looks at libraries after something went wrong: ``judge.py ACTION DIRECTORY…``, a line of JSON for each.

Each is checked as the next start would find it, after the same action again, and
after that once more. Run it in a process that nothing happens to.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
django.setup()

# Only now can what needs the settings be imported.
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from layers.jobs.queue import recover  # noqa: E402
from layers.operations.clean_abandoned import clean_abandoned  # noqa: E402
from layers.queries.fsck.library import check_library  # noqa: E402
from tests.faults.actions import ACTIONS, state  # noqa: E402


def main() -> None:
    action = sys.argv[1]
    for directory in map(Path, sys.argv[2:]):
        connection.close()
        settings.DATA_DIR = directory
        connection.settings_dict["NAME"] = str(directory / "db.sqlite3")
        print(json.dumps(judged(action)), flush=True)


def judged(action: str) -> dict[str, Any]:
    """What was left, what the same action again makes of it, and all that fsck has to say."""
    call_command("migrate", verbosity=0, interactive=False)
    recover()
    clean_abandoned()
    left = {"state": state(), "problems": problems(), "page": page()}
    try:
        ACTIONS[action]()
        again = ""
    except Exception as error:  # whatever it is, it is the finding
        again = f"{type(error).__name__}: {error}"
    clean_abandoned()
    return {"left": left, "again": again, "after": {"state": state(), "problems": problems(), "page": page()}}


def problems() -> list[str]:
    return [f"{problem.fault} {problem.subject}: {problem.sentence}" for problem in check_library()]


def page() -> int:
    return Client(headers={"host": "localhost"}).get("/").status_code


if __name__ == "__main__":
    main()
