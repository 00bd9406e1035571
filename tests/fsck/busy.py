"""Imports, edits, commits and deletes without a pause, until it is ended: ``busy.py``."""

import itertools
import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
django.setup()

from layers.models import Image  # noqa: E402 - Django has to be set up first
from layers.operations.commit_container import commit_container  # noqa: E402
from layers.operations.create_container import create_container  # noqa: E402
from layers.operations.delete_image import delete_image  # noqa: E402
from layers.operations.import_archive import import_archive  # noqa: E402
from layers.operations.index_paths import index_paths  # noqa: E402
from layers.operations.remove_container import remove_container  # noqa: E402
from layers.operations.undo_edit import undo  # noqa: E402
from layers.operations.write_file import write_file  # noqa: E402

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
ARCHIVES = ["01-webserver/image.tar", "10-formats/oci-gzip.tar", "11-multiarch/nested-index.tar"]


def main() -> None:
    for number in itertools.count():
        image = import_archive(GOLDEN / ARCHIVES[number % len(ARCHIVES)]).images[0]
        container = create_container(image=image)
        for name in (b"one", b"two"):
            write_file(container=container, path=name, data=b"%s %d" % (name, number))
        commit_container(container=container, message=str(number))
        undo(container=container)
        if number % 3 == 0:
            index_paths()
        remove_container(container=container)
        if number % 2:
            for old in Image.objects.all():
                delete_image(image=old)
        print(number, flush=True)


if __name__ == "__main__":
    main()
