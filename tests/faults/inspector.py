"""What killed imports have left: ``inspector.py ARCHIVE DIRECTORY…`` prints a line of JSON for each library.

Each is looked at as it was left, after the cleaning, and after the same import again.
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
from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from layers.models import Blob, Image, NumberRange  # noqa: E402
from layers.operations.clean_abandoned import clean_abandoned  # noqa: E402
from layers.operations.import_archive import import_archive  # noqa: E402
from layers.queries.files import open_entry  # noqa: E402
from layers.queries.fsck.library import check_library  # noqa: E402
from layers.queries.tree import layer_of, walk  # noqa: E402
from layers.storage import blob_path, stored_digests  # noqa: E402


def main() -> None:
    archive = Path(sys.argv[1])
    for directory in map(Path, sys.argv[2:]):
        print(json.dumps(told(archive, directory)), flush=True)


def told(archive: Path, directory: Path) -> dict[str, Any]:
    """The three looks at the library in ``directory``."""
    connection.close()
    settings.DATA_DIR = directory
    connection.settings_dict["NAME"] = str(directory / "db.sqlite3")
    found = {"left": shown()}
    clean_abandoned()
    found["cleaned"] = shown() | kept()
    import_archive(archive)
    found["again"] = shown() | kept()
    return found


def shown() -> dict[str, Any]:
    """What a reader sees: each image, and whether all of it can be read."""
    images = {}
    for image in Image.objects.order_by("image_id"):
        top = image.image_layers.count() - 1
        paths = 0
        for row in walk(image, top):
            paths += 1
            if row.entry.sha256 is not None:
                open_entry(row.entry, layer_of(image, row.position)).read(0, 1)
        images[image.image_id] = [top + 1, paths, image.history_rows.count(), image.references.count()]
    blobs = Blob.objects.values_list("digest", flat=True)
    missing = [digest for digest in blobs if not blob_path(digest).is_file()]
    return {"images": images, "missing": missing}


def kept() -> dict[str, Any]:
    """What lies in the database and on the disk."""
    models = [model for model in apps.get_app_config("layers").get_models() if model is not NumberRange]
    rows = {model.__name__: model._default_manager.count() for model in models}
    blobs = set(Blob.objects.values_list("digest", flat=True))
    temporary = settings.DATA_DIR / "tmp"
    files = [path for path in temporary.rglob("*") if path.is_file() and path.name != ".lock"]
    return {
        "rows": {name: count for name, count in rows.items() if count},
        "stray": sorted(set(stored_digests()) - blobs),
        "temporary": sorted(str(path.relative_to(temporary)) for path in files),
        "problems": [
            f"{found.fault} {found.subject}: {found.sentence}" for found in check_library(deep=True)
        ],
    }


if __name__ == "__main__":
    main()
