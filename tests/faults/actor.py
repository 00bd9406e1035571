"""Does one thing to the library of ``IMAGEBROWSER_DATA``: ``actor.py ACTION``.

Whatever the machine refuses it tells in one line, with status 1, as a command
would; anything else is a fault of the program, and ends in a trace.
"""

import os
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
django.setup()

# Only now can what needs the settings be imported.
from django.core.management.base import CommandError  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402

from layers.oci.errors import OCIError  # noqa: E402
from layers.queries.files import ContentMissing  # noqa: E402
from layers.uploads import UploadRefused  # noqa: E402
from tests.faults.actions import ACTIONS, prepare  # noqa: E402

REFUSALS = (OSError, MemoryError, DatabaseError, OCIError, UploadRefused, ContentMissing, CommandError)

if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
        sys.exit()
    connection.ensure_connection()
    os.write(1, b"ready\n")  # one call, by which the walk knows where to begin
    try:
        ACTIONS[sys.argv[1]]()
    except REFUSALS as refusal:
        sys.exit(f"refused: {refusal}")
