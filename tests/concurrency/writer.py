"""Names an image so often, each time in a transaction that reads, then writes: ``writer.py NUMBER COUNT``."""

import os
import sys
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
django.setup()

# Only now can what needs the settings be imported.
from django.db import DatabaseError  # noqa: E402

from layers.models import Image  # noqa: E402
from layers.oci.reference import Reference  # noqa: E402
from layers.operations.tag_image import tag_image  # noqa: E402

if __name__ == "__main__":
    number, count = sys.argv[1], int(sys.argv[2])
    print("ready", flush=True)
    sys.stdin.readline()
    image, failed, longest = Image.objects.get(), 0, 0.0
    for turn in range(count):
        start = time.monotonic()
        try:
            tag_image(image=image, reference=Reference.parse(f"writer/{number}:{turn % 7}"))
        except DatabaseError as error:
            failed += 1
            print(error, file=sys.stderr)
        longest = max(longest, time.monotonic() - start)
    print(failed, f"{longest:.3f}")
