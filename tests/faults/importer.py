"""Import an archive once a line comes on standard input: ``importer.py ARCHIVE [CALLS]``.

With ``CALLS`` it kills itself, as ``kill -9`` does, when it has reported progress that often.
"""

import os
import signal
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
django.setup()

# Only now can what needs the settings be imported.
from layers.operations.import_archive import Progress, import_archive  # noqa: E402

CALLS = int(sys.argv[2]) if len(sys.argv) > 2 else 0
reported = 0


def progress(step: Progress) -> None:
    global reported
    reported += 1
    if reported == CALLS:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    result = import_archive(Path(sys.argv[1]), progress=progress)
    print(reported, *sorted(image.image_id for image in result.images), flush=True)
